import torch
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Flatten(), nn.Linear(36, 12), nn.PReLU(), nn.Linear(12, 4)),
            "P": nn.Sequential(nn.Linear(4, 12), nn.SELU(), nn.Linear(12, 36), nn.Hardsigmoid(), nn.Unflatten(1, (1, 6, 6))),
        }

    def make_optimizers(self):
        self.optimizers = {"E,P": (torch.optim.Adam(self.parameters("E", "P"), lr=1e-3), ["E", "P"])}

    def iteration(self, inputs):
        z, h = inputs["z"], self.blocks["E"](inputs["x"])

        def kernel(a, b):
            d = (a[:, None] - b[None]).square().sum(2)
            return sum(c / (c + d) for c in (4, 8, 16)).sum(1)

        mmd = ((kernel(z, z) - 3 + kernel(h, h) - 3) / 5 - 2 * kernel(h, z) / 6).mean()
        self.metric("discrepancy", mmd)
        value = (self.blocks["P"](h) - inputs["x"]).square().sum((1, 2, 3)).mean() + 10 * mmd
        self.loss("E,P", value)
        self.update("E,P", value, "E,P")
