import torch
import torch.nn.functional as F
from infogan import generator, head, initial, trunk
from torch import nn


class Model(nn.Module):
    """A step on labelled data, as all are in the first epoch."""

    batch = 128

    def __init__(self):
        super().__init__()
        self.G, self.T, self.D, self.S, self.Q = generator(), trunk(0.01), nn.Linear(1024, 1), nn.Linear(1024, 10), head(0.01, 2)
        self.apply(initial)
        self.d = torch.optim.Adam([p for m in (self.T, self.D, self.S, self.Q) for p in m.parameters()], lr=1e-4, betas=(0.5, 0.999))
        self.g = torch.optim.Adam(self.G.parameters(), lr=1e-3, betas=(0.5, 0.999))

    def data(self):
        return torch.rand(self.batch, 1, 28, 28), torch.randint(10, (self.batch,))

    def step(self, x, y):
        c, t, z = torch.randint(10, (self.batch,), device=x.device), 2 * torch.rand(self.batch, 2, device=x.device) - 1, torch.randn(self.batch, 62, device=x.device)
        fake = self.G(torch.cat([F.one_hot(c, 10).float(), t, z], 1))
        self.d.zero_grad()
        hx, hf = self.T(x), self.T(fake.detach())
        adversarial = -(F.logsigmoid(self.D(hx)) + F.logsigmoid(-self.D(hf))).mean()
        (adversarial + 0.8 * F.mse_loss(self.Q(hf), t) + 2 * F.cross_entropy(self.S(hx), y)).backward()
        self.d.step()
        self.g.zero_grad()
        h = self.T(fake)
        (-F.logsigmoid(self.D(h)).mean() + 2 * F.cross_entropy(self.S(h), c) + 0.8 * F.mse_loss(self.Q(h), t)).backward()
        self.g.step()
