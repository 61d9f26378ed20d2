import math

import torch
import torch.nn.functional as F
from acgan import Embedded
from reference import Reference
from torch import nn


class GivenChannelDropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p, self.masks = p, []

    def forward(self, x):
        return x * self.masks.pop(0)[:, :, None, None] / (1 - self.p)


class P(nn.Sequential):
    def forward(self, z, y):
        return nn.Sequential(*list(self)[4:])(torch.cat([z, self[1](y)], 1))


class Crop(nn.Module):
    def forward(self, x):
        return x[:, :, 4:-5, 3:-4]


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Conv2d(12, 6, (3, 2), 1, (1, 0), (1, 2)), nn.InstanceNorm2d(6, affine=True), nn.GELU(), nn.Conv2d(6, 8, 3, 1, 1, groups=2, bias=False), nn.GroupNorm(4, 8), nn.SiLU(), nn.MaxPool2d(3, 2, 1), GivenChannelDropout(0.2), nn.Flatten(), nn.Linear(120, 10), nn.LayerNorm(10), nn.ELU(0.7), nn.Linear(10, 6)),
            "P": P(nn.Identity(), Embedded(10, 4), nn.Identity(), nn.Identity(), nn.Linear(7, 80, bias=False), nn.BatchNorm1d(80, affine=False), nn.Softplus(), nn.Unflatten(1, (4, 5, 4)), nn.ConvTranspose2d(4, 8, (3, 2), 2, 1, (0, 1), groups=2), nn.Tanh(), nn.PixelShuffle(2), Crop(), nn.ZeroPad2d(0), nn.Conv2d(2, 4, 3, 1, 1), nn.Flatten(), nn.LazyLinear(262)),
        }
        self.blocks["P"](torch.zeros(2, 3), torch.eye(10)[:2])

    def make_optimizers(self):
        self.optimizers = {
            "E": (torch.optim.AdamW(self.parameters("E"), lr=1e-3, weight_decay=0.1), ["E"]),
            "P": (torch.optim.RMSprop(self.parameters("P"), lr=1e-3, momentum=0.5), ["P"]),
        }

    def encode(self, x, y):
        planes = y[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return self.blocks["E"](torch.cat([x, planes], 1)).chunk(2, dim=1)

    def value(self, made, inputs):
        """log p(y) + log p(x) / 100"""
        x = inputs["x"].flatten(1)
        mean, logvar, logits = made[:, :126], made[:, 126:252], made[:, 252:]
        log_x = (-0.5 * (math.log(2 * math.pi) + logvar + (x - mean) ** 2 / logvar.exp())).sum(1)
        return (inputs["y"] * F.log_softmax(logits, 1)).sum(1) + 0.01 * log_x

    def iteration(self, inputs):
        P, y = self.blocks["P"], inputs["y"]
        self.blocks["E"][7].masks = [inputs["E.7.mask" + s] for s in ("", "~1") if "E.7.mask" + s in inputs]
        mean, logvar = self.encode((inputs["x"] + inputs["noise"]).clamp(0, 1), y)
        made = P(mean + torch.exp(0.5 * logvar) * inputs["sample.E"], y)
        log_p = F.log_softmax(made[:, 252:], 1)
        self.metric("class_entropy", -(log_p.exp() * log_p).sum(1).mean())
        kl = (-0.5 * (1 + logvar - mean**2 - logvar.exp())).sum(1)
        value = (self.value(made, inputs) - 0.5 * kl).mean()
        self.loss("E", value)
        self.update("E", -value, "E", clip=2)
        if self.number % 3:
            return
        again = P(self.encode(inputs["x"], y)[0].detach(), y)
        value = self.value(again, inputs).mean()
        self.loss("P", value)
        self.update("P", -value, "P")
