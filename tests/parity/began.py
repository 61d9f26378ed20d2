import torch
from reference import Global, Reference
from torch import nn


class Model(Reference):
    """Every second iteration makes an update, by the gradients that .grad has gathered in two."""

    def build(self):
        self.blocks = {
            "k": Global(0),
            "G": nn.Sequential(nn.Linear(5, 12), nn.ELU(), nn.Linear(12, 36), nn.Tanh()),
            "D": nn.Sequential(nn.Flatten(), nn.Linear(36, 12), nn.ELU(), nn.Linear(12, 4), nn.Linear(4, 12), nn.ELU(), nn.Linear(12, 36)),
        }

    def make_optimizers(self):
        adam = lambda block: (torch.optim.Adam(self.parameters(block), lr=1e-4, betas=(0.5, 0.999)), [block])
        self.optimizers = {"D": adam("D"), "G": adam("G"), "k": (torch.optim.SGD(self.parameters("k"), lr=0.01), ["k"])}

    def iteration(self, inputs):
        x = inputs["x"].flatten(1)
        fake = self.blocks["G"](inputs["z"])
        error = lambda v: (v - self.blocks["D"](v)).abs().mean(1)
        real_error, fake_error = error(x), error(fake)
        k = self.blocks["k"].value
        balance = (0.5 * real_error - fake_error).mean()
        self.metric("convergence", real_error.mean() + balance.abs())
        self.metric("balance", k.squeeze())
        losses = {"D": (real_error - k * fake_error).mean(), "G": fake_error.mean(), "k": (-k * balance.detach()).squeeze()}
        for name, value in losses.items():
            self.loss(name, value)
            self.gather("D,G,k", value, name, 2, retain=True)
        for name in losses:
            self.release(name, 2)
        with torch.no_grad():
            k.clamp_(0, 1)
