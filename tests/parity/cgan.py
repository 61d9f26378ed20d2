import torch
import torch.nn.functional as F
from acgan import ConditionalNorm
from reference import GivenDropout, Reference
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm


class G(nn.Sequential):
    def forward(self, z, y):
        low = self[3](self[2](self[1](z)), y)
        x = self[6](self[5](self[4](low)))
        main = self[10](self[9](self[8](self[7](x, y))))
        skip = self[13](self[12](low)) + main
        return self[18](self[17](self[16](self[15](skip))))


class D(nn.Sequential):
    def forward(self, x, y):
        planes = y[:, :, None, None].expand(-1, -1, *x.shape[2:])
        start = self[0](torch.cat([x, planes], 1))
        main = self[3](self[2](start.relu()))
        x = self[6](self[5](start)) + main
        return self[13](self[12](self[11](self[10](self[9](self[8](x))))))


class Model(Reference):
    def build(self):
        same, conv = nn.Identity, lambda *a, **k: spectral_norm(nn.Conv2d(*a, **k))
        self.blocks = {
            "G": G(same(), spectral_norm(nn.Linear(6, 48)), nn.Unflatten(1, (8, 3, 2)), ConditionalNorm(10, 8), nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(8, 6, 3, 1, 1), ConditionalNorm(10, 6), nn.ReLU(), nn.Conv2d(6, 6, 3, 1, 1), GivenDropout(0.25), same(), nn.Upsample(scale_factor=2), nn.Conv2d(8, 6, 1), same(), nn.LeakyReLU(0.1), nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(6, 3, (3, 5), 1, (1, 2)), nn.Tanh()),
            "D": D(conv(13, 8, 3, 1, 1), nn.ReLU(), conv(8, 8, 3, 1, 1), nn.AvgPool2d(2), same(), nn.AvgPool2d(2), conv(8, 8, 1), same(), nn.ReLU(), conv(8, 6, (4, 3), (2, 1), (1, 0)), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), spectral_norm(nn.Linear(6, 1))),
        }
        self.averages = {"G": 0.99}

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.Adam(self.parameters(n), lr=r, betas=(0.0, 0.9)), [n]) for n, r in (("D", 4e-4), ("G", 1e-4))}

    def iteration(self, inputs):
        G, D, y = self.blocks["G"], self.blocks["D"], inputs["y"]
        G[10].masks = [inputs[k] for k in ("G.10.mask", "G.10.mask~1") if k in inputs]
        fake = G(inputs["z"], y).detach()
        value = F.relu(1 - D(inputs["x"], y)).mean() + F.relu(1 + D(fake, y)).mean()
        self.loss("D", value)
        self.update("D", value, "D")
        if self.number % 2:
            return
        value = -D(G(inputs["z~1"], y), y).mean()
        self.loss("G", value)
        self.update("G", value, "G")
        self.average("G")
