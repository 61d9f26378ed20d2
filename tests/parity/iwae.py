import torch
import torch.nn.functional as F
from reference import GivenDropout, Reference
from torch import nn


def density(v, mean, s):
    return torch.distributions.Normal(mean, (0.5 * s).exp()).log_prob(v).sum(1)


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Linear(7, 8), nn.Tanh(), nn.Linear(8, 10)),
            "P": nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 7)),
        }

    def make_optimizers(self):
        self.optimizers = {"E,P": (torch.optim.RMSprop(self.parameters("E", "P"), lr=1e-3), ["E", "P"])}

    def iteration(self, inputs):
        x = inputs["x"]
        ma, sa, mb, sb = self.blocks["E"](x).split((2, 2, 3, 3), 1)
        weights = []
        for k in range(5):
            names = ["sample.E" + (f"~{n}" if n else "") for n in (2 * k, 2 * k + 1)]
            a, b = ma + (0.5 * sa).exp() * inputs[names[0]], mb + (0.5 * sb).exp() * inputs[names[1]]
            zero = torch.zeros((), dtype=self.dtype)
            fit = -F.binary_cross_entropy_with_logits(self.blocks["P"](torch.cat([a, b], 1)), x, reduction="none").sum(1)
            weights.append(fit + density(a, zero, zero) + density(b, zero, zero) - density(a, ma, sa) - density(b, mb, sb))
        value = (torch.logsumexp(torch.stack(weights), 0) - torch.log(torch.tensor(5.0, dtype=self.dtype))).mean()
        self.loss("E,P", value)
        self.update("E,P", -value, "E,P")
