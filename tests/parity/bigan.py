import torch
import torch.nn.functional as F
from reference import GivenDropout, Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Conv2d(1, 4, 4, 2, 1), nn.SiLU(), nn.Flatten(), nn.Linear(64, 4)),
            "G": nn.Sequential(nn.Linear(4, 64), nn.Unflatten(1, (4, 4, 4)), nn.BatchNorm2d(4), nn.Softplus(), nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Sigmoid()),
            "D": nn.Sequential(nn.Conv2d(5, 5, 3, 2, 1), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(5, 6, 2), nn.Tanh(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(6, 1)),
        }

    def make_optimizers(self):
        adam = lambda *n: torch.optim.Adam(self.parameters(*n), lr=1e-3, betas=(0.5, 0.999))
        self.optimizers = {"D": (adam("D"), ["D"]), "E,G": (adam("E", "G"), ["E", "G"])}

    def judge(self, x, z):
        features = self.blocks["D"][:7](torch.cat([x, z[:, :, None, None].expand(-1, -1, 8, 8)], 1))
        return features, self.blocks["D"][7](features)[:, 0]

    def iteration(self, inputs):
        E, G, x, z = self.blocks["E"], self.blocks["G"], inputs["x"], inputs["z"]
        value = (F.logsigmoid(self.judge(x, E(x).detach())[1]) + F.logsigmoid(-self.judge(G(z).detach(), z)[1])).mean()
        self.loss("D", value)
        self.update("D", -value, "D")
        real, fake = self.judge(x, E(x)), self.judge(G(z), z)
        apart = (real[0].mean(0) - fake[0].mean(0)).square().sum()
        value = (F.logsigmoid(-real[1]) + F.logsigmoid(fake[1])).mean() - 0.5 * apart
        self.loss("E,G", value)
        self.update("E,G", -value, "E,G")
