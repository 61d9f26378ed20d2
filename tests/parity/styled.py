import torch
import torch.nn.functional as F
from reference import Reference
from sagan import Positions
from torch import nn


class StyledNorm(nn.Module):
    """A norm over groups of channels times 1 + W w, plus W' w."""

    def __init__(self, groups, n, style):
        super().__init__()
        self.groups, self.weight, self.bias = groups, nn.Parameter(torch.zeros(style, n)), nn.Parameter(torch.zeros(style, n))

    def forward(self, x, w):
        return (1 + w @ self.weight)[:, :, None, None] * F.group_norm(x, self.groups) + (w @ self.bias)[:, :, None, None]


class G(nn.Sequential):
    def forward(self, z, coarse, fine):
        w = nn.Sequential(*list(self)[:4])(z)
        low = self[6](self[5](self[4](w)))
        low = self[11](F.leaky_relu(self[8](coarse) + low, 0.2), w)
        high = self[13](self[12](low))
        high = self[18](F.leaky_relu(self[15](fine) + high, 0.2), w)
        return self[20](self[19](high))


class D(nn.Sequential):
    def forward(self, x):
        features = self[2](self[1](self[0](x)))
        style = self[5](self[4](self[3](features)))
        x = self[9](F.silu(self[7](features, style)))
        return self[13](self[12](F.silu(self[10](x, style))))


class Model(Reference):
    def build(self):
        same = nn.Identity
        self.blocks = {
            "G": G(nn.Linear(6, 10), nn.LeakyReLU(0.2), nn.Linear(10, 7), nn.LeakyReLU(0.2), nn.Linear(7, 128), nn.Unflatten(1, (8, 4, 4)), Positions(8, 4, 4), same(), nn.Conv2d(1, 8, 1, bias=False), same(), same(), StyledNorm(8, 8, 7), nn.Upsample(scale_factor=2), nn.Conv2d(8, 6, 3, 1, 1), same(), nn.Conv2d(1, 6, 1, bias=False), same(), same(), StyledNorm(6, 6, 7), nn.Conv2d(6, 3, 1), nn.Hardtanh()),
            "D": D(nn.Conv2d(3, 6, 4, 2, 1), nn.SiLU(), nn.Conv2d(6, 8, 3, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5), same(), StyledNorm(2, 8, 5), nn.SiLU(), nn.Conv2d(8, 8, 3), StyledNorm(1, 8, 5), nn.SiLU(), nn.Flatten(), nn.Linear(32, 1)),
        }
        self.averages = {"G": 0.999}

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.Adam(self.parameters(n), lr=1e-3, betas=(0.0, 0.99)), [n]) for n in "DG"}

    def iteration(self, inputs):
        G, D, x = self.blocks["G"], self.blocks["D"], inputs["x"].requires_grad_()
        fake, real = D(G(inputs["z"], inputs["coarse"], inputs["fine"]).detach()), D(x)
        g = torch.autograd.grad(real.sum(), x, create_graph=True)[0]
        value = (F.softplus(fake) + F.softplus(-real)).mean() + 5 * g.square().sum((1, 2, 3)).mean()
        self.loss("D", value)
        self.update("D", value, "D")
        value = F.softplus(-D(G(inputs["z~1"], inputs["coarse~1"], inputs["fine~1"]))).mean()
        self.loss("G", value)
        self.update("G", value, "G")
        self.average("G")
