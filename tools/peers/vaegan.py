import torch
import torch.nn.functional as F
from torch import nn

EQUILIBRIUM, MARGIN, GAMMA = 0.68, 0.35, 1e-6


def down(i, o):
    return [nn.Conv2d(i, o, 5, 2, 2), nn.BatchNorm2d(o), nn.ReLU()]


def up(i, o):
    return [nn.ConvTranspose2d(i, o, 5, 2, 2, 1), nn.BatchNorm2d(o), nn.ReLU()]


class Model(nn.Module):
    batch = 64

    def __init__(self):
        super().__init__()
        self.E = nn.Sequential(*down(3, 64), *down(64, 128), *down(128, 256), nn.Flatten(), nn.Linear(16384, 1024), nn.BatchNorm1d(1024), nn.ReLU(), nn.Linear(1024, 256))
        self.P = nn.Sequential(nn.Linear(128, 16384), nn.BatchNorm1d(16384), nn.ReLU(), nn.Unflatten(1, (256, 8, 8)), *up(256, 256), *up(256, 128), *up(128, 32), nn.Conv2d(32, 3, 5, 1, 2), nn.Tanh())
        self.features = nn.Sequential(nn.Conv2d(3, 32, 5, 1, 2), nn.ReLU(), *down(32, 128), *down(128, 256), nn.Conv2d(256, 256, 5, 2, 2))
        self.decide = nn.Sequential(nn.BatchNorm2d(256), nn.ReLU(), nn.Flatten(), nn.Linear(16384, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 1))
        self.blocks = {"E": [*self.E.parameters()], "P": [*self.P.parameters()], "D": [*self.features.parameters(), *self.decide.parameters()]}
        self.optimizers = {name: torch.optim.RMSprop(parameters, lr=3e-4) for name, parameters in self.blocks.items()}

    def data(self):
        return (2 * torch.rand(self.batch, 3, 64, 64) - 1,)

    def step(self, x):
        mean, logvar = self.E(x).chunk(2, dim=1)
        rebuilt = self.P(mean + torch.randn_like(mean) * torch.exp(0.5 * logvar))
        drawn = self.P(torch.randn(self.batch, 128, device=x.device))
        prior = (-0.5 * (1 + logvar - mean.square() - logvar.exp())).sum(1).mean()
        fx, fr, fd = self.features(x), self.features(rebuilt), self.features(drawn)
        like = 0.5 * (fx - fr).square().flatten(1).sum(1).mean()
        real = -F.logsigmoid(self.decide(fx)).mean()
        made = -F.logsigmoid(-self.decide(fr)).mean(), -F.logsigmoid(-self.decide(fd)).mean()
        gan, fake = -(real + sum(made)), 0.5 * sum(made)
        minimised = {"E": prior + like, "P": GAMMA * like + gan, "D": -gan}
        for name, parameters in self.blocks.items():
            for p, gradient in zip(parameters, torch.autograd.grad(minimised[name], parameters, retain_graph=name != "D")):
                p.grad = gradient
        winning = bool((real < EQUILIBRIUM - MARGIN) | (fake < EQUILIBRIUM - MARGIN))
        losing = bool((real > EQUILIBRIUM + MARGIN) | (fake > EQUILIBRIUM + MARGIN))
        self.optimizers["E"].step()
        if not losing or winning:
            self.optimizers["P"].step()
        if not winning or losing:
            self.optimizers["D"].step()
