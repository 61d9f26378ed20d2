import torch
import torch.nn.functional as F
from reference import GivenDropout, Reference
from torch import nn


class G(nn.Sequential):
    def forward(self, z, y):
        x = torch.cat([z, y[:, :, None, None]], 1)
        for layer in list(self)[1:]:
            x = layer(x)
        return x


class Channels(GivenDropout):
    def forward(self, x):
        return x * self.masks.pop(0)[:, :, None, None] / (1 - self.p)


class Model(Reference):
    def build(self):
        self.blocks = {
            "G": G(nn.Identity(), nn.ConvTranspose2d(7, 6, 4), nn.InstanceNorm2d(6, affine=True), nn.ELU(), nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(6, 1, 3, 1, 1), nn.Tanh()),
            "D": nn.Sequential(nn.Conv2d(4, 6, 3, 2, 1), nn.LeakyReLU(0.2), Channels(0.25), nn.ReflectionPad2d((2, 0, 1, 0)), nn.Conv2d(6, 6, 3), nn.GroupNorm(3, 6), nn.SiLU(), nn.Flatten(), nn.Linear(72, 1)),
        }

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.Adam(self.parameters(n), lr=1e-3, betas=(0.5, 0.999)), [n]) for n in "DG"}

    def judge(self, x, y):
        return self.blocks["D"](torch.cat([x, y[:, :, None, None].expand(-1, -1, 8, 8)], 1))

    def iteration(self, inputs):
        G, y = self.blocks["G"], inputs["y"]
        self.blocks["D"][2].masks = [inputs[k] for k in ("D.2.mask", "D.2.mask~1", "D.2.mask~2")]
        real = self.judge(inputs["x"] + 0.1 * inputs["noise"], y)
        fake = self.judge(G(inputs["z"], y).detach() + 0.1 * inputs["more"], y)
        value = (0.5 * (real - 0.9) ** 2 + 0.5 * fake**2).mean()
        self.loss("D", value)
        self.update("D", value, "D")
        value = 0.5 * ((self.judge(G(inputs["z~1"], y), y) - 1) ** 2).mean()
        self.loss("G", value)
        self.update("G", value, "G")
