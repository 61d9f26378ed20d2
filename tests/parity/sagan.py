import torch
import torch.nn.functional as F
from reference import Reference
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm


class Gain(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x * self.weight


class Positions(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(*shape))

    def forward(self, x):
        return x + self.weight


class WholeAttention(nn.MultiheadAttention):
    """Over the pixels of an image."""

    def forward(self, x):
        v = x.flatten(2).transpose(1, 2)
        return super().forward(v, v, v, need_weights=False)[0].transpose(1, 2).view_as(x)


class Attention(nn.Module):
    """One head whose keys and values have sizes of their own, which torch.nn.MultiheadAttention does not offer."""

    def __init__(self, n, keys, values):
        super().__init__()
        self.keys, self.values = keys, values
        self.in_proj_weight, self.in_proj_bias = nn.Parameter(torch.zeros(2 * keys + values, n)), nn.Parameter(torch.zeros(2 * keys + values))
        self.out_proj = nn.Linear(values, n)

    def forward(self, x):
        v = x.flatten(2).transpose(1, 2)
        q, k, v = F.linear(v, self.in_proj_weight, self.in_proj_bias).split([self.keys, self.keys, self.values], 2)
        return self.out_proj(F.scaled_dot_product_attention(q, k, v)).transpose(1, 2).view_as(x)


class G(nn.Sequential):
    def forward(self, z):
        here = nn.Sequential(*list(self)[:9])(z)
        return self[13](self[12](self[10](self[9](here)) + here))


class D(nn.Sequential):
    def forward(self, x):
        here = self[2](self[1](self[0](x)))
        features = F.mish(self[4](self[3](here)) + here)
        gate = nn.Sequential(*list(self)[7:13])(features)
        x = (features * gate[:, :, None, None])[:, 1:7]
        return self[19](self[18](self[17](self[16](x))))


class Model(Reference):
    def build(self):
        same, conv = nn.Identity, lambda *a, **k: spectral_norm(nn.Conv2d(*a, **k))
        self.blocks = {
            "G": G(spectral_norm(nn.Linear(6, 128)), nn.Unflatten(1, (8, 4, 4)), nn.BatchNorm2d(8), nn.ReLU(), nn.Upsample(scale_factor=2), conv(8, 8, 3, 1, 1), nn.BatchNorm2d(8), nn.PReLU(8), Positions(8, 8, 8), Attention(8, 4, 6), Gain(), same(), nn.Conv2d(8, 3, 3, 1, 1), nn.Tanh()),
            "D": D(conv(3, 8, 4, 2, 1), nn.LeakyReLU(0.1), conv(8, 8, 3, 1, 1), WholeAttention(8, 2, bias=False, batch_first=True), Gain(), same(), nn.Mish(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4), nn.SELU(), nn.Linear(4, 8), nn.Hardsigmoid(), same(), same(), same(), conv(6, 6, 3), nn.Softplus(beta=2), nn.Flatten(), spectral_norm(nn.Linear(24, 1))),
        }

    def make_optimizers(self):
        self.optimizers = {n: (torch.optim.Adam(self.parameters(n), lr=r, betas=(0.0, 0.9)), [n]) for n, r in (("D", 4e-4), ("G", 1e-4))}

    def iteration(self, inputs):
        G, D = self.blocks["G"], self.blocks["D"]
        value = F.relu(1 - D(inputs["x"])).mean() + F.relu(1 + D(G(inputs["z"]).detach())).mean()
        self.loss("D", value)
        self.update("D", value, "D")
        value = -D(G(inputs["z~1"])).mean()
        self.loss("G", value)
        self.update("G", value, "G")
