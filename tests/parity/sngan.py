import torch
import torch.nn.functional as F
from reference import GivenDropout, Reference
from torch import nn


from torch.nn.utils.parametrizations import spectral_norm as sn


class G(nn.Sequential):
    def forward(self, z):
        s = self[1](self[0](z))
        main = self[8](self[7](self[6](self[5](self[4](self[3](self[2](s)))))))
        y = self[11](self[10](s)) + main
        for i in range(13, 18):
            y = self[i](y)
        return y


class D(nn.Sequential):
    def forward(self, x):
        main = self[3](self[2](self[1](self[0](x))))
        y = self[6](self[5](x)) + main
        for i in range(8, 14):
            y = self[i](y)
        return y


class Model(Reference):
    def build(self):
        self.blocks = {
            "G": G(nn.Linear(6, 32), nn.Unflatten(1, (8, 2, 2)), nn.BatchNorm2d(8), nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(8, 6, 3, 1, 1), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 6, 3, 1, 1), nn.Identity(), nn.Upsample(scale_factor=2), nn.Conv2d(8, 6, 1), nn.Identity(), nn.Upsample(scale_factor=2), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 2, 3, 1, 1), nn.Tanh()),
            "D": D(sn(nn.Conv2d(2, 6, 3, 1, 1)), nn.ReLU(), sn(nn.Conv2d(6, 6, 3, 1, 1)), nn.AvgPool2d(2), nn.Identity(), nn.AvgPool2d(2), sn(nn.Conv2d(2, 6, 1)), nn.Identity(), nn.ReLU(), sn(nn.Conv2d(6, 5, 3, 2)), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), sn(nn.Linear(5, 1))),
        }

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.Adam(self.parameters(n), lr=2e-4, betas=(0.0, 0.9)), [n]) for n in "DG"}

    def iteration(self, inputs):
        G, D = self.blocks["G"], self.blocks["D"]
        value = F.relu(1 - D(inputs["x"])).mean() + F.relu(1 + D(G(inputs["z"]).detach())).mean()
        self.loss("D", value)
        self.update("D", value, "D")
        value = -D(G(inputs["z~1"])).mean()
        self.loss("G", value)
        self.update("G", value, "G")
