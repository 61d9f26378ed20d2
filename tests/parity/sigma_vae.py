import torch
from reference import Global, Reference
from torch import nn
from torch.distributions import Normal, kl_divergence


class Model(Reference):
    def build(self):
        self.blocks = {
            "log_sigma": Global(0),
            "E": nn.Sequential(nn.Flatten(), nn.Linear(36, 12), nn.Tanh(), nn.Linear(12, 6)),
            "P": nn.Sequential(nn.Linear(3, 12), nn.Tanh(), nn.Linear(12, 36), nn.Sigmoid()),
        }

    def make_optimizers(self):
        names = ["E", "P", "log_sigma"]
        self.optimizers = {"E,P,log_sigma": (torch.optim.Adam(self.parameters(*names), lr=1e-2), names)}

    def iteration(self, inputs):
        x = inputs["x"].flatten(1)
        mean, s = self.blocks["E"](x).chunk(2, 1)
        q = Normal(mean, (0.5 * s).exp())
        picture = self.blocks["P"](q.loc + q.scale * inputs["sample.E"])
        sigma = self.blocks["log_sigma"].value.exp()
        fit = Normal(picture, sigma).log_prob(x).sum(1)
        bound = (fit - kl_divergence(q, Normal(0.0, 1.0)).sum(1)).mean()
        self.metric("elbo", bound)
        self.metric("sigma", sigma.squeeze())
        self.loss("E,P,log_sigma", bound)
        self.update("E,P,log_sigma", -bound, "E,P,log_sigma")
        with torch.no_grad():
            self.blocks["log_sigma"].value.clamp_(-6, 6)
