import torch
import torch.nn.functional as F
from torch import nn


def initial(module):
    if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0, 0.02)
    elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
        nn.init.normal_(module.weight, 1, 0.02)


def generator():
    return nn.Sequential(
        nn.Linear(74, 1024), nn.BatchNorm1d(1024), nn.ReLU(), nn.Linear(1024, 6272), nn.BatchNorm1d(6272), nn.ReLU(), nn.Unflatten(1, (128, 7, 7)),
        nn.ConvTranspose2d(128, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.ReLU(), nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Sigmoid(),
    )


def trunk(slope):
    return nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1), nn.LeakyReLU(slope), nn.Conv2d(64, 128, 4, 2, 1), nn.BatchNorm2d(128), nn.LeakyReLU(slope),
        nn.Flatten(), nn.Linear(6272, 1024), nn.BatchNorm1d(1024), nn.LeakyReLU(slope),
    )


def head(slope, outputs):
    return nn.Sequential(nn.Linear(1024, 128), nn.BatchNorm1d(128), nn.LeakyReLU(slope), nn.Linear(128, outputs))


class Model(nn.Module):
    batch = 128

    def __init__(self):
        super().__init__()
        self.G, self.T, self.D, self.Q = generator(), trunk(0.1), nn.Linear(1024, 1), head(0.1, 12)
        self.apply(initial)
        self.d = torch.optim.Adam([*self.T.parameters(), *self.D.parameters(), *self.Q.parameters()], lr=2e-4, betas=(0.5, 0.999))
        self.g = torch.optim.Adam(self.G.parameters(), lr=1e-3, betas=(0.5, 0.999))

    def data(self):
        return (torch.rand(self.batch, 1, 28, 28),)

    def draw(self, device):
        """The noise, the class as a number, and the code."""
        return 2 * torch.rand(self.batch, 62, device=device) - 1, torch.randint(10, (self.batch,), device=device), 2 * torch.rand(self.batch, 2, device=device) - 1

    def generate(self, z, c, t):
        return self.G(torch.cat([z, F.one_hot(c, 10).float(), t], 1))

    def code_loss(self, h, c, t):
        q = self.Q(h)
        return F.cross_entropy(q[:, :10], c) + 0.5 * (t - q[:, 10:]).square().sum(1).mean()

    def step(self, x):
        z, c, t = self.draw(x.device)
        fake = self.generate(z, c, t).detach()
        self.d.zero_grad()
        real, h = self.D(self.T(x)), self.T(fake)
        (-(F.logsigmoid(real) + F.logsigmoid(-self.D(h))).mean() + self.code_loss(h, c, t)).backward()
        self.d.step()
        z, c, t = self.draw(x.device)
        self.g.zero_grad()
        h = self.T(self.generate(z, c, t))
        (-F.logsigmoid(self.D(h)).mean() + self.code_loss(h, c, t)).backward()
        self.g.step()
