import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm


class StyledBatchNorm(nn.BatchNorm2d):
    """A batch norm times 1 + W w, plus W' w."""

    def __init__(self, n, style):
        super().__init__(n, affine=False)
        self.weight, self.bias = nn.Parameter(torch.zeros(style, n)), nn.Parameter(torch.zeros(style, n))

    def forward(self, x, w):
        self.num_batches_tracked += 1
        normed = F.batch_norm(x, self.running_mean, self.running_var, None, None, True, self.momentum, self.eps)
        return (1 + w @ self.weight)[:, :, None, None] * normed + (w @ self.bias)[:, :, None, None]


class G(nn.Sequential):
    def forward(self, z, y):
        label = self[1](y.argmax(1))
        first, second = torch.cat([z[:, 3:6], label], 1), torch.cat([z[:, 6:9], label], 1)
        start = self[11](self[10](z[:, :3]))
        x = self[15](self[14](self[13](self[12](start, first))))
        main = self[18](self[17](self[16](x, second)))
        x = self[21](self[20](start)) + main
        return self[26](self[25](self[24](self[23](x))))


class D(nn.Sequential):
    def forward(self, x, y):
        start = self[0](x)
        main = self[3](self[2](start.relu()))
        features = self[10](self[9](self[8](self[6](self[5](start)) + main)))
        return self[15](features).squeeze(1) + (self[12](y.argmax(1)) * features).sum(1)


class Model(Reference):
    def build(self):
        same, norm = nn.Identity, spectral_norm
        conv = lambda *a, **k: norm(nn.Conv2d(*a, **k))
        self.blocks = {
            "G": G(same(), nn.Embedding(5, 4), same(), same(), same(), same(), same(), same(), same(), same(), norm(nn.Linear(3, 128)), nn.Unflatten(1, (8, 4, 4)), StyledBatchNorm(8, 7), nn.ReLU(), nn.Upsample(scale_factor=2), conv(8, 6, 3, 1, 1, bias=False), StyledBatchNorm(6, 7), nn.ReLU(), conv(6, 6, 3, 1, 1, bias=False), same(), nn.Upsample(scale_factor=2), conv(8, 6, 1, bias=False), same(), nn.BatchNorm2d(6), nn.ReLU(), conv(6, 3, 3, 1, 1), nn.Tanh()),
            "D": D(conv(3, 8, 3, 1, 1), nn.ReLU(), conv(8, 8, 3, 1, 1), nn.AvgPool2d(2), same(), nn.AvgPool2d(2), conv(8, 8, 1), same(), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), same(), norm(nn.Embedding(5, 8)), same(), same(), norm(nn.Linear(8, 1)), same()),
        }
        self.averages = {"G": 0.99}

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.Adam(self.parameters(n), lr=r, betas=(0.0, 0.999)), [n]) for n, r in (("D", 4e-4), ("G", 1e-4))}

    def iteration(self, inputs):
        G, D, y = self.blocks["G"], self.blocks["D"], inputs["y"]
        fake = G(inputs["z"], y).detach()
        value = F.relu(1 - D(inputs["x"], y)).mean() + F.relu(1 + D(fake, y)).mean()
        self.loss("D", value)
        self.gather("D", value, "D", 2)
        self.release("D", 2)
        value = -D(G(inputs["z~1"], y), y).mean()
        self.loss("G", value)
        self.gather("G", value, "G", 2)
        if self.release("G", 2):
            self.average("G")
