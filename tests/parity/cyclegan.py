import torch
from reference import Reference
from torch import nn


class G(nn.Sequential):
    def forward(self, a):
        inner = nn.Sequential(*list(self)[:7])(a)
        return nn.Sequential(*list(self)[13:])(nn.Sequential(*list(self)[7:12])(inner) + inner)


class Model(Reference):
    def build(self):
        norm = nn.InstanceNorm2d
        self.blocks = {
            "G": G(nn.ReflectionPad2d(1), nn.Conv2d(3, 6, 3), norm(6), nn.ReLU(), nn.Conv2d(6, 8, 3, 2, 1), norm(8), nn.ReLU(), nn.Conv2d(8, 8, 3, 1, 1), norm(8), nn.ReLU(), nn.Conv2d(8, 8, 3, 1, 1), norm(8), nn.Identity(), nn.ConvTranspose2d(8, 6, 3, 2, 1, 1), norm(6), nn.ReLU(), nn.Conv2d(6, 3, 3, 1, 1), nn.Tanh()),
            "F": nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(3, 6, 3), norm(6), nn.ReLU(), nn.Conv2d(6, 3, 3, 1, 1), nn.Tanh()),
            **{n: nn.Sequential(nn.Conv2d(3, 6, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(6, 1, 4, 1, 1)) for n in "AB"},
        }

    def make_optimizers(self):
        self.optimizers = {",".join(n): (torch.optim.Adam(self.parameters(*n), lr=2e-4, betas=(0.5, 0.999)), list(n)) for n in ("GF", "A", "B")}

    def iteration(self, inputs):
        G, F, A, B = (self.blocks[n] for n in "GFAB")
        a, b = inputs["a"], inputs["b"]
        fake_b, fake_a = G(a), F(b)
        fool = (B(fake_b) - 1).square().mean() + (A(fake_a) - 1).square().mean()
        back = (F(fake_b) - a).abs().mean() + (G(fake_a) - b).abs().mean()
        self.metric("cycles", back)
        value = fool + 10 * back + 5 * ((G(b) - b).abs().mean() + (F(a) - a).abs().mean())
        self.loss("G,F", value)
        self.update("G,F", value, "G,F")
        for name, D, real, fake in (("A", A, a, F(b)), ("B", B, b, G(a))):
            value = 0.5 * ((D(real) - 1).square().mean() + D(fake.detach()).square().mean())
            self.loss(name, value)
            self.update(name, value, name)
