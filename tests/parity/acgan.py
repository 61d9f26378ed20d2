import torch
import torch.nn.functional as F
from reference import GivenDropout, Reference
from torch import nn




class ConditionalNorm(nn.Module):
    def __init__(self, classes, n, eps=1e-5):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(classes, n)), nn.Parameter(torch.zeros(classes, n))
        norm = nn.BatchNorm2d(n)
        for k, b in norm.named_buffers():
            self.register_buffer(k, b)
        self.eps = eps

    def forward(self, x, c):
        self.num_batches_tracked += 1
        y = F.batch_norm(x, self.running_mean, self.running_var, None, None, True, 0.1, self.eps)
        return (c @ self.weight)[:, :, None, None] * y + (c @ self.bias)[:, :, None, None]


class Embedded(nn.Embedding):
    def forward(self, c):
        return super().forward(c.argmax(1))


class G(nn.Sequential):
    def forward(self, z, c):
        y = torch.cat([z, self[1](c)], 1)
        y = self[8](self[6](self[5](self[4](y)), c).relu())
        return self[13](self[12](self[11](self[9](y, c).relu())))


class Deviation(nn.Module):
    def forward(self, x):
        n, c, h, w = x.shape
        s = x.view(3, n // 3, c, h, w).var(0, unbiased=False).add(1e-8).sqrt().mean((1, 2, 3))
        return torch.cat([x, s.repeat(3)[:, None, None, None].expand(n, 1, h, w)], 1)


class Model(Reference):
    def build(self):
        self.blocks = {
            "G": G(nn.Identity(), Embedded(3, 4), nn.Identity(), nn.Identity(), nn.Linear(9, 128), nn.Unflatten(1, (8, 4, 4)), ConditionalNorm(3, 8), nn.ReLU(), nn.Conv2d(8, 8, 3, 1, 1), ConditionalNorm(3, 8, 1e-4), nn.ReLU(), nn.PixelShuffle(2), nn.Conv2d(2, 1, 3, 1, 1), nn.Tanh()),
            "D": nn.Sequential(nn.Conv2d(1, 6, 4, 2, 1), nn.LeakyReLU(0.2), Deviation(), nn.Conv2d(7, 6, 3), nn.Softplus(), nn.Flatten(), nn.Linear(24, 1)),
            "C": nn.Sequential(nn.Linear(24, 3)),
        }

    def make_optimizers(self):
        adam = lambda *n: torch.optim.Adam(self.parameters(*n), lr=1e-3, betas=(0.5, 0.999))
        self.optimizers = {"D,C": (adam("D", "C"), ["D", "C"]), "G": (adam("G"), ["G"])}

    def heads(self, x):
        trunk = self.blocks["D"][:6](x)
        return self.blocks["D"][6](trunk)[:, 0], F.log_softmax(self.blocks["C"](trunk), 1)

    def iteration(self, inputs):
        G, x = self.blocks["G"], inputs["x"].requires_grad_()
        real, real_class = self.heads(x)
        fake, fake_class = self.heads(G(inputs["z"], inputs["c"]).detach())
        g = torch.autograd.grad(real.sum(), x, create_graph=True)[0]
        value = F.logsigmoid(real) + F.logsigmoid(-fake) + (real_class * inputs["y"]).sum(1) + (fake_class * inputs["c"]).sum(1) - 5 * g.square().sum((1, 2, 3))
        self.loss("D,C", value.mean())
        self.update("D,C", -value.mean(), "D,C")
        fake, fake_class = self.heads(G(inputs["z~1"], inputs["c~1"]))
        value = F.logsigmoid(fake) + (fake_class * inputs["c~1"]).sum(1)
        self.loss("G", value.mean())
        self.update("G", -value.mean(), "G")
