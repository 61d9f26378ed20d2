import torch
import torch.nn.functional as F
from torch import nn


def up(i, o, stride=2, pad=1):
    return [nn.ConvTranspose2d(i, o, 4, stride, pad, bias=False), nn.BatchNorm2d(o), nn.ReLU()]


def down(i, o):
    return [nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.2)]


def initial(module):
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)


class Model(nn.Module):
    batch = 64

    def __init__(self):
        super().__init__()
        self.G = nn.Sequential(*up(100, 512, 1, 0), *up(512, 256), *up(256, 128), *up(128, 64), nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh())
        self.D = nn.Sequential(nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2), *down(64, 128), *down(128, 256), *down(256, 512), nn.Conv2d(512, 1, 4, bias=False))
        self.apply(initial)
        self.g = torch.optim.Adam(self.G.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.d = torch.optim.Adam(self.D.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def data(self):
        return (2 * torch.rand(self.batch, 3, 64, 64) - 1,)

    def step(self, x):
        fake = self.G(torch.randn(self.batch, 100, 1, 1, device=x.device))
        self.d.zero_grad()
        (-(F.logsigmoid(self.D(x)) + F.logsigmoid(-self.D(fake.detach()))).mean()).backward()
        self.d.step()
        self.g.zero_grad()
        (-F.logsigmoid(self.D(fake)).mean()).backward()
        self.g.step()
