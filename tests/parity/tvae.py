import torch
import torch.nn.functional as F
from reference import Global, Reference
from torch import nn
from torch.distributions import Normal, kl_divergence


class Model(Reference):
    def build(self):
        self.blocks = {
            "log_age": Global(-2.3),
            "log_hours": Global(-2.3),
            "E": nn.Sequential(nn.Linear(8, 12), nn.ELU(), nn.Linear(12, 6)),
            "P": nn.Sequential(nn.Linear(3, 12), nn.ELU(), nn.Linear(12, 8)),
        }

    def make_optimizers(self):
        self.names = ["E", "P", "log_age", "log_hours"]
        self.optimizers = {",".join(self.names): (torch.optim.Adam(self.parameters(*self.names), lr=1e-3, weight_decay=1e-5), self.names)}

    def iteration(self, inputs):
        row = torch.cat([inputs[k] for k in ("age", "hours", "work", "sex")], 1)
        mean, t = self.blocks["E"](row).chunk(2, 1)
        q = Normal(mean, (0.5 * t).exp())
        age, hours, work, sex = self.blocks["P"](q.loc + q.scale * inputs["sample.E"]).split([1, 1, 4, 2], 1)
        fit = -F.cross_entropy(work, inputs["work"].argmax(1), reduction="none") - F.cross_entropy(sex, inputs["sex"].argmax(1), reduction="none")
        for name, made in (("age", age), ("hours", hours)):
            s = self.blocks["log_" + name].value
            fit = fit - ((inputs[name] - made.tanh()) ** 2 / 2 / (2 * s).exp() + s).sum(1)
        self.metric("error", (inputs["age"] - age.tanh()).abs().sum(1).mean())
        value = (-2 * fit + kl_divergence(q, Normal(0.0, 1.0)).sum(1)).mean()
        name = ",".join(self.names)
        self.loss(name, value)
        self.update(name, value, name)
        with torch.no_grad():
            for k in ("log_age", "log_hours"):
                self.blocks[k].value.clamp_(-4.6, 0)
