import torch
import torch.nn.functional as F
from reference import GivenDropout, Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Conv2d(1, 4, 3, 2), nn.SiLU(), nn.Flatten(), nn.Linear(16, 3)),
            "P": nn.Sequential(nn.Linear(3, 12), nn.SiLU(), nn.Linear(12, 30)),
            "D": nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)),
        }

    def make_optimizers(self):
        sgd = lambda lr, m, *n: torch.optim.SGD(self.parameters(*n), lr=lr, momentum=m)
        self.optimizers = {"E,P": (sgd(0.05, 0.9, "E", "P"), ["E", "P"]), "D": (sgd(0.1, 0, "D"), ["D"]), "E": (sgd(0.1, 0, "E"), ["E"])}

    def iteration(self, inputs):
        E, P, D, x = self.blocks["E"], self.blocks["P"], self.blocks["D"], inputs["x"]
        value = F.binary_cross_entropy_with_logits(P(E(x)), x.flatten(1), reduction="none").sum(1).mean()
        self.loss("E,P", value)
        self.optimizers["E,P"][0].param_groups[0]["lr"] = 0.05 * 0.9**self.number
        self.update("E,P", value, "E,P")
        value = (F.logsigmoid(D(inputs["z"])) + F.logsigmoid(-D(E(x).detach()))).mean()
        self.loss("D", value)
        self.update("D", -value, "D")
        value = F.logsigmoid(D(E(x))).mean()
        self.loss("E", value)
        self.update("E", -value, "E")
        for optimizer, _ in self.optimizers.values():  # PyTorch's SGD keeps no count
            for group in optimizer.param_groups:
                for p in group["params"]:
                    optimizer.state[p]["step"] = optimizer.state[p]["step"] + 1
