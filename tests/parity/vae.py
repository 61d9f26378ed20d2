import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Flatten(), nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 40)),
            "P": nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784)),
        }

    def make_optimizers(self):
        self.optimizers = {"E,P": (torch.optim.Adam(self.parameters("E", "P"), lr=1e-3), ["E", "P"])}

    def iteration(self, inputs):
        x = inputs["x"]
        mean, logvar = self.blocks["E"](x).chunk(2, dim=1)
        z = mean + torch.exp(0.5 * logvar) * inputs["sample.E"]
        bce = F.binary_cross_entropy_with_logits(self.blocks["P"](z), x.flatten(1), reduction="none").sum(1)
        kl = -0.5 * (1 + logvar - mean**2 - logvar.exp()).sum(1)
        elbo = (-bce - kl).mean()
        self.metric("elbo", elbo)
        self.loss("E,P", elbo)
        self.update("E,P", -elbo, "E,P")
