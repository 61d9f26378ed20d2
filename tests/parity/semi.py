import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Conv2d(2, 4, (3, 2), 2, (1, 0), (1, 2)), nn.BatchNorm2d(4), nn.Tanh(), nn.Flatten(), nn.Linear(36, 5)),
            "S": nn.Sequential(nn.Flatten(), nn.Linear(36, 3)),
        }

    def make_optimizers(self):
        self.optimizers = {"E,S": (torch.optim.Adam(self.parameters("E", "S"), lr=1e-2), ["E", "S"])}

    def iteration(self, inputs):
        E, S = self.blocks["E"], self.blocks["S"]
        kept = {k: v.clone() for k, v in E.state_dict().items()}
        y = inputs["y"].argmax(1)
        with torch.no_grad():
            self.metric("accuracy", (S(self.hidden(inputs["x"])).argmax(1) == y).to(self.dtype).mean())
        E.load_state_dict(kept)
        h = self.hidden(inputs["x"])
        code, logits = E[3:](h), S(h)
        value = (code**2).mean()
        self.loss("E,S", value)
        log_p = F.log_softmax(logits, dim=1)
        if inputs["stream"] == 0:
            label = -F.cross_entropy(logits, y)
            self.loss("class", label)
            value = value - label
        else:
            entropy = 0.2 * (log_p.exp() * log_p).sum(1).mean()
            self.loss("entropy", entropy)
            value = value + entropy
        opens = (code**2).sum(1).mean() < 1.2
        self.metric("skipped.E,S", 1 - opens.to(self.dtype))
        self.gradients("E,S", value, "E,S", clip=0.5)
        if opens:
            self.optimizers["E,S"][0].step()

    def hidden(self, x):
        return self.blocks["E"][:3](x)
