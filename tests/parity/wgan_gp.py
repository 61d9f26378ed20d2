import torch
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "G": nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 6)),
            "D": nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 1)),
        }

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.Adam(self.parameters(n), lr=1e-4, betas=(0.5, 0.999)), [n]) for n in "DG"}

    def iteration(self, inputs):
        G, D = self.blocks["G"], self.blocks["D"]
        x, mix, fake = inputs["x"], inputs["mix"], G(inputs["z"]).detach()
        between = (mix * x + (1 - mix) * fake).requires_grad_()
        slope = torch.autograd.grad(D(between).sum(), between, create_graph=True)[0]
        loss = (D(fake).squeeze(1) - D(x).squeeze(1) + 10 * (slope.norm(dim=1) - 1) ** 2).mean()
        self.loss("D", loss)
        self.update("D", loss, "D")
        loss = -D(G(inputs["z~1"])).mean()
        self.loss("G", loss)
        self.update("G", loss, "G")
