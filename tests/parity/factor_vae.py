import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Flatten(), nn.Linear(36, 12), nn.Mish(), nn.Linear(12, 8)),
            "P": nn.Sequential(nn.Linear(4, 12), nn.Mish(), nn.Linear(12, 36)),
            "D": nn.Sequential(nn.Linear(4, 10), nn.LeakyReLU(0.2), nn.Linear(10, 1)),
        }

    def make_optimizers(self):
        self.optimizers = {
            "E,P": (torch.optim.Adam(self.parameters("E", "P"), lr=1e-3), ["E", "P"]),
            "D": (torch.optim.Adam(self.parameters("D"), lr=1e-3, betas=(0.5, 0.999)), ["D"]),
        }

    def iteration(self, inputs):
        D, x = self.blocks["D"], inputs["x"].flatten(1)
        mean, logvar = self.blocks["E"](inputs["x"]).chunk(2, 1)
        logvar = 2 - F.softplus(2 - logvar)
        logvar = -6 + F.softplus(logvar + 6)
        h = mean + torch.exp(0.5 * logvar) * inputs["sample.E"]
        fit = -F.binary_cross_entropy_with_logits(self.blocks["P"](h), x, reduction="none").sum(1)
        kl = (-0.5 * (1 + logvar - mean**2 - logvar.exp())).sum(1)
        value = (fit - kl - 6 * D(h)[:, 0]).mean()
        self.loss("E,P", value)
        self.update("E,P", -value, "E,P", retain=True)
        h = h.detach()
        shuffled = h.gather(0, inputs["shuffle"].argsort(0).argsort(0))
        value = (F.logsigmoid(D(h)) + F.logsigmoid(-D(shuffled))).mean()
        self.loss("D", value)
        self.update("D", -value, "D")
