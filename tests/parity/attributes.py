import math

import torch
from densities import bounded, pixel_log_prob
from reference import Reference
from torch import nn
from torch.distributions import Normal, kl_divergence


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Conv2d(8, 8, 4, 2, 1), nn.ELU(), nn.Flatten(), nn.Linear(128, 12), nn.ELU(), nn.Linear(12, 8)),
            "P": nn.Sequential(nn.Linear(9, 128), nn.Unflatten(1, (8, 4, 4)), nn.ELU(), nn.ConvTranspose2d(8, 6, 4, 2, 1)),
        }

    def make_optimizers(self):
        self.optimizers = {"E,P": (torch.optim.AdamW(self.parameters("E", "P"), lr=1e-3, weight_decay=0.01), ["E", "P"])}

    def iteration(self, inputs):
        x, a = inputs["x"], inputs["a"]
        planes = a[:, :, None, None].expand(-1, -1, 8, 8)
        mean, s = self.blocks["E"](torch.cat([x, planes], 1)).chunk(2, 1)
        q = Normal(mean, (0.5 * bounded(s, -8, 8)).exp())
        location, scale = self.blocks["P"](torch.cat([q.loc + q.scale * inputs["sample.E"], a], 1)).chunk(2, 1)
        fit = pixel_log_prob(location, bounded(scale, -6, 2), x).sum((1, 2, 3))
        divergence = kl_divergence(q, Normal(0.0, 1.0)).sum(1)
        self.metric("bits", (-(fit - divergence) / (192 * math.log(2))).mean())
        value = (fit - 0.5 * divergence).mean()
        self.loss("E,P", value)
        self.update("E,P", -value, "E,P")
