import torch
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "G": nn.Sequential(nn.ConvTranspose2d(6, 8, 4), nn.BatchNorm2d(8), nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Tanh()),
            "D": nn.Sequential(nn.Conv2d(1, 6, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(6, 8, 3, 1, 1, groups=2, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 4), nn.Flatten()),
        }
        self.averages = {"G": 0.9}

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.RMSprop(self.parameters(n), lr=5e-4), [n]) for n in "DG"}

    def iteration(self, inputs):
        G, D = self.blocks["G"], self.blocks["D"]
        for k in range(3):
            value = D(inputs[f"x|{k}"]).mean() - D(G(inputs[f"z|{k}"]).detach()).mean()
            self.loss(f"D|{k}", value)
            self.update("D", -value, "D", rest=f"|{k}")
            with torch.no_grad():
                for p in D.parameters():
                    p.clamp_(-0.1, 0.1)
        value = D(G(inputs["z"])).mean()
        self.loss("G", value)
        self.update("G", -value, "G")
        self.average("G")
