import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


class Codebook(nn.Module):
    """Vectors that are moving averages of what is nearest to them, by their sums and sizes."""

    def __init__(self, n, size, decay):
        super().__init__()
        self.decay = decay
        self.register_buffer("weight", torch.zeros(n, size))
        self.register_buffer("cluster_size", torch.ones(n))

    def forward(self, h):
        rows = h.permute(0, 2, 3, 1).flatten(0, 2).detach()
        self.chosen = F.one_hot(torch.cdist(rows, self.weight).argmin(1), self.weight.shape[0]).to(rows)
        n, c, height, width = h.shape
        made = (self.chosen @ self.weight).view(n, height, width, c).permute(0, 3, 1, 2)
        sums = self.decay * self.weight * self.cluster_size[:, None] + (1 - self.decay) * self.chosen.T @ rows
        self.cluster_size = self.decay * self.cluster_size + (1 - self.decay) * self.chosen.sum(0)
        self.weight = sums / self.cluster_size[:, None]
        return made


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.ELU(), nn.Conv2d(8, 4, 3, 1, 1)),
            "Q": nn.Sequential(Codebook(12, 4, 0.9)),
            "P": nn.Sequential(nn.Conv2d(4, 8, 3, 1, 1), nn.ELU(), nn.ConvTranspose2d(8, 1, 4, 2, 1)),
        }

    def make_optimizers(self):
        self.optimizers = {"E,P": (torch.optim.Adam(self.parameters("E", "P"), lr=1e-3), ["E", "P"])}

    def iteration(self, inputs):
        x = inputs["x"]
        h = self.blocks["E"](x)
        q = self.blocks["Q"](h)
        share = self.blocks["Q"][0].chosen.mean(0)
        self.metric("used", torch.special.entr(share).sum().exp())
        made = self.blocks["P"](h + (q - h).detach())
        fit = -F.binary_cross_entropy_with_logits(made, x, reduction="none").sum((1, 2, 3))
        value = (-fit + 0.25 * (h - q.detach()).square().sum((1, 2, 3))).mean()
        self.loss("E,P", value)
        self.update("E,P", value, "E,P")
