import math

import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Flatten(), nn.Linear(36, 12), nn.Tanh(), nn.Linear(12, 8)),
            "P": nn.Sequential(nn.Linear(4, 12), nn.Tanh(), nn.Linear(12, 36)),
        }

    def make_optimizers(self):
        self.optimizers = {"E,P": (torch.optim.Adam(self.parameters("E", "P"), lr=1e-3), ["E", "P"])}

    def iteration(self, inputs):
        x = inputs["x"].flatten(1)
        n = len(x)
        mean, logvar = self.blocks["E"](inputs["x"]).chunk(2, 1)
        h = mean + torch.exp(0.5 * logvar) * inputs["sample.E"]
        density = lambda v, m, s: -0.5 * (math.log(2 * math.pi) + s + (v - m) ** 2 / s.exp())
        own = density(h, mean, logvar).sum(1)
        pairs = density(h[:, None], mean[None], logvar[None])  # (sample, whose density, dimension)
        joint = pairs.sum(2).logsumexp(1) - math.log(n)
        marginals = (pairs.logsumexp(1) - math.log(n)).sum(1)
        prior = density(h, torch.zeros_like(h), torch.zeros_like(h)).sum(1)
        self.metric("aggregate", joint.mean())
        m = mean - mean.mean(0)
        covariance = (m @ m.T).square().sum(1) / 6
        fit = -F.binary_cross_entropy_with_logits(self.blocks["P"](h), x, reduction="none").sum(1)
        value = (fit - (own - joint) - 6 * (joint - marginals) - (marginals - prior) - 0.5 * covariance).mean()
        self.loss("E,P", value)
        self.update("E,P", -value, "E,P")
