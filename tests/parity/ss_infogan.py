import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "G": nn.Sequential(nn.Linear(74, 1024), nn.BatchNorm1d(1024), nn.ReLU(), nn.Linear(1024, 6272), nn.BatchNorm1d(6272), nn.ReLU(), nn.Unflatten(1, (128, 7, 7)), nn.ConvTranspose2d(128, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.ReLU(), nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Sigmoid()),
            "D": nn.Sequential(nn.Conv2d(1, 64, 4, 2, 1), nn.LeakyReLU(0.01), nn.Conv2d(64, 128, 4, 2, 1), nn.BatchNorm2d(128), nn.LeakyReLU(0.01), nn.Flatten(), nn.Linear(6272, 1024), nn.BatchNorm1d(1024), nn.LeakyReLU(0.01), nn.Linear(1024, 1)),
            "S": nn.Sequential(nn.Linear(1024, 10)),
            "Q": nn.Sequential(nn.Linear(1024, 128), nn.BatchNorm1d(128), nn.LeakyReLU(0.01), nn.Linear(128, 2)),
        }

    def make_optimizers(self):
        self.optimizers = {
            "D,S,Q": (torch.optim.Adam(self.parameters("D", "S", "Q"), lr=1e-4, betas=(0.5, 0.999)), ["D", "S", "Q"]),
            "G": (torch.optim.Adam(self.parameters("G"), lr=1e-3, betas=(0.5, 0.999)), ["G"]),
        }

    def iteration(self, inputs):
        G, D, S, Q = (self.blocks[k] for k in "GDSQ")
        trunk = D[:-1]
        c, t, z = (inputs[k] for k in "ctz")
        fake = G(torch.cat([c, t, z], 1))
        if self.recording:  # the metric outside the steps watches without touching the statistics
            kept = {k: v.clone() for k, v in D.state_dict().items()}
            with torch.no_grad():
                self.metric("error", (S(trunk(inputs["x"])).argmax(1) != inputs["y"].argmax(1)).to(self.dtype).mean())
            D.load_state_dict(kept)
        hx, hf = trunk(inputs["x"]), trunk(fake.detach())
        value = -(F.logsigmoid(D[-1](hx)) + F.logsigmoid(-D[-1](hf))).mean() + 0.8 * ((Q(hf) - t) ** 2).mean()
        self.loss("D,S,Q", value)
        if inputs["stream"] == 0:
            supervised = 2 * F.cross_entropy(S(hx), inputs["y"].argmax(1))
            self.loss("supervised", supervised)
            value = value + supervised
        self.update("D,S,Q", value, "D,S,Q")
        h = trunk(fake)
        value = -F.logsigmoid(D[-1](h)).mean() + 2 * F.cross_entropy(S(h), c.argmax(1)) + 0.8 * ((Q(h) - t) ** 2).mean()
        self.loss("G", value)
        self.update("G", value, "G")
