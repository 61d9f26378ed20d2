import torch
import torch.nn.functional as F
from reference import Reference
from sagan import WholeAttention
from styled import StyledNorm
from torch import nn


class U(nn.Sequential):
    """Reads a picture and the time, which the norms are told."""

    def forward(self, v, t):
        time = F.silu(self[3](F.silu(self[1](t))))
        high = self[9](F.silu(self[7](self[6](v), time)))
        low = self[13](F.silu(self[11](self[10](high), time)))
        attended = self[15](self[14](low, time)) + low
        middle = self[19](F.silu(self[17](attended, time)))
        up = torch.cat([self[21](F.interpolate(middle, scale_factor=2)), high], 1)
        return self[28](F.silu(self[26](self[25](F.silu(self[23](up, time))), time)))


class Model(Reference):
    averages = {"U": 0.995}

    def build(self):
        layers = {
            1: nn.Linear(1, 32), 3: nn.Linear(32, 32),
            6: nn.Conv2d(1, 16, 3, 1, 1), 7: StyledNorm(4, 16, 32), 9: nn.Conv2d(16, 16, 3, 1, 1),
            10: nn.Conv2d(16, 32, 4, 2, 1), 11: StyledNorm(4, 32, 32), 13: nn.Conv2d(32, 32, 3, 1, 1),
            14: StyledNorm(4, 32, 32), 15: WholeAttention(32, 2, batch_first=True),
            17: StyledNorm(4, 32, 32), 19: nn.Conv2d(32, 32, 3, 1, 1),
            21: nn.Conv2d(32, 16, 3, 1, 1), 23: StyledNorm(4, 32, 32), 25: nn.Conv2d(32, 16, 3, 1, 1),
            26: StyledNorm(4, 16, 32), 28: nn.Conv2d(16, 1, 3, 1, 1),
        }
        self.blocks = {"U": U(*(layers.get(i, nn.Identity()) for i in range(29)))}

    def make_optimizers(self):
        self.optimizers = {"U": (torch.optim.Adam(self.parameters("U"), lr=1e-3), ["U"])}

    def iteration(self, inputs):
        x, t, noise = inputs["x"], inputs["t"], inputs["noise"]
        left = torch.exp(-0.1 * t - 9.95 * t**2)[:, :, None, None]
        error = (self.blocks["U"](left.sqrt() * x + (1 - left).sqrt() * noise, t) - noise).square().mean((1, 2, 3))
        self.metric("coarse", (error * (t[:, 0] > 0.5)).mean())
        self.loss("U", error.mean())
        optimizer = self.optimizers["U"][0]
        updates = float(next(iter(optimizer.state.values()))["step"])
        optimizer.param_groups[0]["lr"] = 1e-3 * min(1, (updates + 1) / 500)
        self.update("U", error.mean(), "U", clip=1)
        self.average("U")
