import torch
import torch.nn.functional as F
from torch import nn


class Model(nn.Module):
    batch = 128

    def __init__(self):
        super().__init__()
        self.E = nn.Sequential(nn.Flatten(), nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 40))
        self.P = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784))
        self.optimizer = torch.optim.Adam(self.parameters(), lr=1e-3)

    def data(self):
        return (torch.rand(self.batch, 1, 28, 28),)

    def step(self, x):
        self.optimizer.zero_grad()
        mean, logvar = self.E(x).chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
        bce = F.binary_cross_entropy_with_logits(self.P(z), x.flatten(1), reduction="sum")
        kl = -0.5 * (1 + logvar - mean.square() - logvar.exp()).sum()
        ((bce + kl) / self.batch).backward()
        self.optimizer.step()
