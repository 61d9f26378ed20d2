import torch
import torch.nn.functional as F
from reference import GivenDropout, Reference
from torch import nn


class E(nn.Sequential):
    def forward(self, x):
        wide = self[3](self[2](self[1](self[0](x))))
        y = self[6](self[5](self[4](wide)))
        y = torch.cat([self[7](y)[:, :, :-1], wide], 1)
        for layer in list(self)[10:]:
            y = layer(y)
        return y


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": E(nn.ReplicationPad2d((1, 1, 0, 0)), nn.Conv2d(1, 4, 3, 1, 1), nn.GroupNorm(2, 4), nn.Tanh(), nn.MaxPool2d(3, 2, 1), nn.Conv2d(4, 4, 3, 1, 1), nn.GELU(), nn.Upsample(scale_factor=2, mode="bilinear"), nn.Identity(), nn.Identity(), nn.Conv2d(8, 3, 3, 1, 1), nn.SiLU(), nn.AvgPool2d((3, 2), (2, 1), 1), nn.Flatten(), nn.LayerNorm(165), nn.Linear(165, 6)),
            "P": nn.Sequential(nn.Linear(3, 18), nn.Unflatten(1, (3, 3, 2)), nn.LayerNorm((3, 3, 2)), nn.Softplus(), nn.Upsample(scale_factor=(3, 4)), nn.Conv2d(3, 1, 1)),
        }

    def make_optimizers(self):
        self.optimizers = {"E,P": (torch.optim.AdamW(self.parameters("E", "P"), lr=1e-3), ["E", "P"])}

    def iteration(self, inputs):
        x = inputs["x"]
        mean, s = self.blocks["E"]((x + 0.1 * inputs["noise"]).clamp(0, 1)).chunk(2, 1)
        h = mean + (0.5 * s).exp() * inputs["sample.E"]
        kl = 0.5 * (s.exp() + mean**2 - 1 - s)
        fit = -F.binary_cross_entropy_with_logits(self.blocks["P"](h), x, reduction="none").sum((1, 2, 3))
        beta = 0.5 + 0.5 * min(1, self.number / 10)
        value = (fit - beta * kl.clamp(min=0.05).sum(1)).mean()
        self.loss("E,P", value)
        self.update("E,P", -value, "E,P")
