import math

import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "G": nn.Sequential(nn.Linear(74, 1024), nn.BatchNorm1d(1024), nn.ReLU(), nn.Linear(1024, 6272), nn.BatchNorm1d(6272), nn.ReLU(), nn.Unflatten(1, (128, 7, 7)), nn.ConvTranspose2d(128, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.ReLU(), nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Sigmoid()),
            "D": nn.Sequential(nn.Conv2d(1, 64, 4, 2, 1), nn.LeakyReLU(0.1), nn.Conv2d(64, 128, 4, 2, 1), nn.BatchNorm2d(128), nn.LeakyReLU(0.1), nn.Flatten(), nn.Linear(6272, 1024), nn.BatchNorm1d(1024), nn.LeakyReLU(0.1), nn.Linear(1024, 1)),
            "Q": nn.Sequential(nn.Linear(1024, 128), nn.BatchNorm1d(128), nn.LeakyReLU(0.1), nn.Linear(128, 12)),
        }

    def make_optimizers(self):
        self.optimizers = {
            "D,Q": (torch.optim.Adam(self.parameters("D", "Q"), lr=2e-4, betas=(0.5, 0.999)), ["D", "Q"]),
            "G": (torch.optim.Adam(self.parameters("G"), lr=1e-3, betas=(0.5, 0.999)), ["G"]),
        }

    def heads(self, image):
        D = self.blocks["D"]
        h = D[:-1](image)
        return D[-1](h), self.blocks["Q"](h)

    @staticmethod
    def code(q, c, t):
        """log Q(c), log Q(t)"""
        log_c = (c * F.log_softmax(q[:, :10], dim=1)).sum(1)
        return log_c, (-0.5 * math.log(2 * math.pi) - 0.5 * (t - q[:, 10:]) ** 2).sum(1)

    def iteration(self, inputs):
        G = self.blocks["G"]
        z, c, t = (inputs[k] for k in "zct")
        fake = G(torch.cat([z, c, t], 1)).detach()
        real = self.blocks["D"](inputs["x"])
        d, q = self.heads(fake)
        log_c, log_t = self.code(q, c, t)
        value = (F.logsigmoid(real) + F.logsigmoid(-d)).mean() + (log_c + log_t).mean()
        self.loss("D,Q", value)
        self.metric("mi", math.log(10) + log_c.mean())
        self.update("D,Q", -value, "D,Q")
        z, c, t = (inputs[k + "~1"] for k in "zct")
        d, q = self.heads(G(torch.cat([z, c, t], 1)))
        log_c, log_t = self.code(q, c, t)
        value = F.logsigmoid(d).mean() + (log_c + log_t).mean()
        self.loss("G", value)
        self.update("G", -value, "G")
