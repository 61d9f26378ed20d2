import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU()),
            "P": nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 784)),
        }

    def make_optimizers(self):
        self.optimizers = {"E,P": (torch.optim.Adam(self.parameters("E", "P"), lr=1e-3), ["E", "P"])}

    def iteration(self, inputs):
        x = inputs["x"]
        logits = self.blocks["P"](self.blocks["E"](x))
        bce = F.binary_cross_entropy_with_logits(logits, x.flatten(1), reduction="none").sum(1)
        self.metric("bce", (bce / 784).mean())
        self.loss("E,P", bce.mean())
        self.update("E,P", bce.mean(), "E,P")
