import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


def down(i, o):
    return [nn.Conv2d(i, o, 5, 2, 2), nn.BatchNorm2d(o), nn.ReLU()]


def up(i, o):
    return [nn.ConvTranspose2d(i, o, 5, 2, 2, 1), nn.BatchNorm2d(o), nn.ReLU()]


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(*down(3, 64), *down(64, 128), *down(128, 256), nn.Flatten(), nn.Linear(16384, 1024), nn.BatchNorm1d(1024), nn.ReLU(), nn.Linear(1024, 256)),
            "P": nn.Sequential(nn.Linear(128, 16384), nn.BatchNorm1d(16384), nn.ReLU(), nn.Unflatten(1, (256, 8, 8)), *up(256, 256), *up(256, 128), *up(128, 32), nn.Conv2d(32, 3, 5, 1, 2), nn.Tanh()),
            "D": nn.Sequential(nn.Conv2d(3, 32, 5, 1, 2), nn.ReLU(), *down(32, 128), *down(128, 256), *down(256, 256), nn.Flatten(), nn.Linear(16384, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 1)),
        }

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.RMSprop(self.parameters(n), lr=3e-4), [n]) for n in "EPD"}

    def iteration(self, inputs):
        E, P, D = (self.blocks[k] for k in "EPD")
        x = inputs["x"]
        mean, logvar = E(x).chunk(2, dim=1)
        rebuilt = P(mean + torch.exp(0.5 * logvar) * inputs["sample.E"])
        drawn = P(inputs["z"])
        prior = (-0.5 * (1 + logvar - mean**2 - logvar.exp())).sum(1)
        fx, fr, fd = D[:9](x), D[:9](rebuilt), D[:9](drawn)
        like = 0.5 * ((fx - fr) ** 2).flatten(1).sum(1)
        dx, dr, dd = D[9:](fx), D[9:](fr), D[9:](fd)
        gan = F.logsigmoid(dx) + F.logsigmoid(-dr) + F.logsigmoid(-dd)
        real = -F.logsigmoid(dx).mean()
        fake = -0.5 * (F.logsigmoid(-dr) + F.logsigmoid(-dd)).mean()
        winning = real < 0.68 - 0.35 or fake < 0.68 - 0.35
        losing = real > 0.68 + 0.35 or fake > 0.68 + 0.35
        opens = {"E": True, "P": not losing or winning, "D": not winning or losing}
        values = {"E": (prior + like).mean(), "P": 1e-6 * like.mean() + gan.mean(), "D": gan.mean()}
        for n in "EPD":
            self.loss(n, values[n])
            self.gradients("E,P,D", -values[n] if n == "D" else values[n], n, retain=True)
            if n != "E":
                self.metric("skipped." + n, torch.tensor(0.0 if opens[n] else 1.0))
        for n in "EPD":
            if opens[n]:
                self.optimizers[n][0].step()
