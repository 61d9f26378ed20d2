import torch
import torch.nn.functional as F
from reference import GivenDropout, Reference
from torch import nn


class G(nn.Sequential):
    def forward(self, a):
        low = self[0](a)
        up = nn.Sequential(*list(self)[1:7])(low)
        return nn.Sequential(*list(self)[8:])(torch.cat([up, low], 1))


class Model(Reference):
    def build(self):
        self.blocks = {
            "G": G(nn.Conv2d(1, 6, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(6, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.LeakyReLU(0.2), nn.ConvTranspose2d(8, 6, 4, 2, 1), nn.Sequential(), nn.Identity(), nn.Identity(), nn.ReLU(), nn.ConvTranspose2d(12, 3, 4, 2, 1), nn.Tanh()),
            "D": nn.Sequential(nn.Conv2d(4, 6, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(6, 8, 3), nn.BatchNorm2d(8), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 3, 1, 1)),
        }
        self.blocks["G"][6], self.blocks["G"][7] = nn.BatchNorm2d(6), GivenDropout(0.5)

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.Adam(self.parameters(n), lr=2e-4, betas=(0.5, 0.999)), [n]) for n in "DG"}

    def iteration(self, inputs):
        G, D = self.blocks["G"], self.blocks["D"]
        a, b = inputs["a"], inputs["b"]
        G[7].masks = [inputs["G.7.mask"]]
        low = G[0](a)
        up = G[7](nn.Sequential(*list(G)[1:7])(low))
        fake = nn.Sequential(*list(G)[9:])(torch.cat([up, low], 1))
        judge = lambda v: D(torch.cat([a, v], 1))
        value = (F.logsigmoid(judge(b)).mean() + F.logsigmoid(-judge(fake.detach())).mean()) / 2
        self.loss("D", value)
        self.update("D", -value, "D")
        value = -F.logsigmoid(judge(fake)).mean() + 100 * (b - fake).abs().mean()
        self.loss("G", value)
        self.update("G", value, "G")
