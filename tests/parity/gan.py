import torch
import torch.nn.functional as F
from reference import GivenDropout, Maxout, Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "G": nn.Sequential(nn.Linear(100, 1200), nn.ReLU(), nn.Linear(1200, 1200), nn.ReLU(), nn.Linear(1200, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28))),
            "D": nn.Sequential(nn.Flatten(), GivenDropout(0.2), Maxout(784, 240, 5), GivenDropout(0.5), Maxout(240, 240, 5), GivenDropout(0.5), nn.Linear(240, 1)),
        }

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.SGD(self.parameters(n), lr=0.1, momentum=0.5), [n]) for n in "DG"}

    def iteration(self, inputs):
        G, D = self.blocks["G"], self.blocks["D"]
        step = float(self.optimizers["D"][0].state[next(D.parameters())]["step"])
        for optimizer, _ in self.optimizers.values():
            optimizer.param_groups[0]["lr"] = 0.1 / 1.000004**self.number
        for layer in (1, 3, 5):
            D[layer].masks = [inputs[f"D.{layer}.mask" + s] for s in ("", "~1", "~2")]
        real, fake = D(inputs["x"]).squeeze(1), D(G(inputs["z"]).detach()).squeeze(1)
        value = (0.5 * F.logsigmoid(real) + 0.5 * F.logsigmoid(-fake)).mean()
        self.loss("D", value)
        self.update("D", -value, "D")
        value = F.logsigmoid(D(G(inputs["z~1"])).squeeze(1)).mean()
        self.loss("G", value)
        self.update("G", -value, "G")
        for n in "DG":  # PyTorch's SGD keeps no count
            for p in self.blocks[n].parameters():
                self.optimizers[n][0].state[p]["step"] = torch.tensor(step + 1)
