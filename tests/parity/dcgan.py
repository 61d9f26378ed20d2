import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


def up(i, o, stride=2, pad=1):
    return [nn.ConvTranspose2d(i, o, 4, stride, pad, bias=False), nn.BatchNorm2d(o), nn.ReLU()]


def down(i, o):
    return [nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.2)]


class Model(Reference):
    def build(self):
        self.blocks = {
            "G": nn.Sequential(*up(100, 512, 1, 0), *up(512, 256), *up(256, 128), *up(128, 64), nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh()),
            "D": nn.Sequential(nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2), *down(64, 128), *down(128, 256), *down(256, 512), nn.Conv2d(512, 1, 4, bias=False)),
        }

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.Adam(self.parameters(n), lr=2e-4, betas=(0.5, 0.999)), [n]) for n in "DG"}

    def iteration(self, inputs):
        G, D = self.blocks["G"], self.blocks["D"]
        fake = G(inputs["z"])
        value = (F.logsigmoid(D(inputs["x"])) + F.logsigmoid(-D(fake.detach()))).mean()
        self.loss("D", value)
        self.update("D", -value, "D")
        value = F.logsigmoid(D(fake)).mean()
        self.loss("G", value)
        self.update("G", -value, "G")
