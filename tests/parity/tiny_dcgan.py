import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "G": nn.Sequential(nn.Linear(5, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Unflatten(1, (6, 4, 4)), nn.ConvTranspose2d(6, 3, 4, 2, 1), nn.Tanh()),
            "D": nn.Sequential(nn.Conv2d(3, 7, 4, 2, 1, bias=False), nn.BatchNorm2d(7), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(112, 1)),
        }

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.Adam(self.parameters(n), lr=2e-3, betas=(0.5, 0.999)), [n]) for n in "DG"}

    def iteration(self, inputs):
        G, D = self.blocks["G"], self.blocks["D"]
        fake = G(inputs["z"])
        value = (F.logsigmoid(D(inputs["x"])) + F.logsigmoid(-D(fake.detach()))).mean()
        self.loss("D", value)
        self.update("D", -value, "D")
        value = F.logsigmoid(D(fake)).mean()
        self.loss("G", value)
        self.update("G", -value, "G")
