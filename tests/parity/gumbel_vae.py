import math

import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Flatten(), nn.Linear(36, 12), nn.Tanh(), nn.Linear(12, 10)),
            "P": nn.Sequential(nn.Identity(), nn.Identity(), nn.Linear(10, 12), nn.Tanh(), nn.Linear(12, 36)),
        }

    def make_optimizers(self):
        self.optimizers = {"E,P": (torch.optim.Adam(self.parameters("E", "P"), lr=1e-3), ["E", "P"])}

    def iteration(self, inputs):
        x = inputs["x"].flatten(1)
        a, b, bits = self.blocks["E"](inputs["x"]).split([5, 3, 2], 1)
        gumbel = lambda u: -torch.log(-torch.log(u))
        soft = F.softmax((a + gumbel(inputs["sample.E"])) / 0.7, 1)
        hard = F.one_hot(soft.argmax(1), 5).to(soft) + soft - soft.detach()
        relaxed = F.softmax((b + gumbel(inputs["sample.E~1"])) / 0.5, 1)
        u = inputs["sample.E~2"]
        drawn = torch.sigmoid((bits + torch.log(u) - torch.log(1 - u)) / 0.8)
        logits = self.blocks["P"](torch.cat([hard, relaxed, drawn], 1))
        fit = -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        entropy = lambda l: -(F.softmax(l, 1) * F.log_softmax(l, 1)).sum(1)
        p = torch.sigmoid(bits)
        of_bits = F.binary_cross_entropy_with_logits(bits, p, reduction="none").sum(1)
        value = (fit - (math.log(5) - entropy(a)) - (math.log(3) - entropy(b)) - (2 * math.log(2) - of_bits)).mean()
        self.loss("E,P", value)
        self.update("E,P", -value, "E,P")
