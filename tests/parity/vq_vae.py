import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


class Codebook(nn.Module):
    def __init__(self, n, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n, size))

    def forward(self, h):
        rows = h.permute(0, 2, 3, 1).flatten(0, 2).detach()
        nearest = torch.cdist(rows, self.weight.detach()).argmin(1)
        n, c, height, width = h.shape
        return self.weight[nearest].view(n, height, width, c).permute(0, 3, 1, 2)


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 4, 3, 1, 1)),
            "Q": nn.Sequential(Codebook(12, 4)),
            "P": nn.Sequential(nn.Conv2d(4, 8, 3, 1, 1), nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1)),
        }

    def make_optimizers(self):
        self.optimizers = {"E,Q,P": (torch.optim.Adam(self.parameters("E", "Q", "P"), lr=1e-3), ["E", "Q", "P"])}

    def iteration(self, inputs):
        x = inputs["x"]
        h = self.blocks["E"](x)
        q = self.blocks["Q"](h)
        self.metric("error", (q - h).square().mean((1, 2, 3)).mean())
        made = self.blocks["P"](h + (q - h).detach())
        fit = -F.binary_cross_entropy_with_logits(made, x, reduction="none").sum((1, 2, 3))
        value = (-fit + (q - h.detach()).square().sum((1, 2, 3)) + 0.25 * (h - q.detach()).square().sum((1, 2, 3))).mean()
        self.loss("E,Q,P", value)
        self.update("E,Q,P", value, "E,Q,P")
