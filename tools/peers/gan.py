import torch
import torch.nn.functional as F
from torch import nn


class Maxout(nn.Module):
    def __init__(self, inputs, n, pieces):
        super().__init__()
        self.linear, self.n, self.pieces = nn.Linear(inputs, n * pieces), n, pieces

    def forward(self, x):
        return self.linear(x).view(-1, self.n, self.pieces).amax(2)


class Model(nn.Module):
    batch = 100

    def __init__(self):
        super().__init__()
        self.G = nn.Sequential(nn.Linear(100, 1200), nn.ReLU(), nn.Linear(1200, 1200), nn.ReLU(), nn.Linear(1200, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))
        self.D = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), Maxout(784, 240, 5), nn.Dropout(0.5), Maxout(240, 240, 5), nn.Dropout(0.5), nn.Linear(240, 1))
        for block, width in ((self.G, 0.05), (self.D, 0.005)):
            for p in block.parameters():
                nn.init.uniform_(p, -width, width) if p.dim() > 1 else nn.init.zeros_(p)
        self.g = torch.optim.SGD(self.G.parameters(), lr=0.1, momentum=0.5)
        self.d = torch.optim.SGD(self.D.parameters(), lr=0.1, momentum=0.5)

    def data(self):
        return (torch.rand(self.batch, 1, 28, 28),)

    def draw(self, x):
        return (2 * torch.rand(self.batch, 100, device=x.device) - 1) * 3**0.5

    def step(self, x):
        self.d.zero_grad()
        fake = self.G(self.draw(x)).detach()
        (-0.5 * (F.logsigmoid(self.D(x)) + F.logsigmoid(-self.D(fake))).mean()).backward()
        self.d.step()
        self.g.zero_grad()
        (-F.logsigmoid(self.D(self.G(self.draw(x)))).mean()).backward()
        self.g.step()
