import torch
import torch.nn.functional as F
from torch import nn


class Model(nn.Module):
    batch = 256

    def __init__(self):
        super().__init__()
        self.E = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.P = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 784))
        self.optimizer = torch.optim.Adam(self.parameters(), lr=1e-3)

    def data(self):
        return (torch.rand(self.batch, 1, 28, 28),)

    def step(self, x):
        self.optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(self.P(self.E(x)), x.flatten(1), reduction="sum") / self.batch
        loss.backward()
        self.optimizer.step()
