import torch
from reference import Reference
from torch import nn
from torch.distributions import AffineTransform, Laplace, NegativeBinomial, Poisson, SigmoidTransform, StudentT, TransformedDistribution, Uniform, kl_divergence


def logistic(location, scale):
    return TransformedDistribution(Uniform(torch.zeros_like(location), torch.ones_like(location), validate_args=False), [SigmoidTransform().inv, AffineTransform(location, scale)], validate_args=False)


def quantile(u, kind):
    """A draw of the standard distribution from a uniform one."""
    if kind == "laplace":
        return Laplace(0.0, 1.0).icdf(u)
    return torch.log(u) - torch.log(1 - u)


def pixel_log_prob(location, log_scale, x, levels=255):
    """Salimans et al. 2017, with the differences of the cumulative distribution as they are."""
    inside = lambda v: torch.sigmoid((v - location) * torch.exp(-log_scale))
    half = 0.5 / levels
    upper = torch.where(x > 1 - half, torch.ones_like(x), inside(x + half))
    lower = torch.where(x < half, torch.zeros_like(x), inside(x - half))
    return torch.log(upper - lower)


def bounded(s, lo, hi):
    s = hi - nn.functional.softplus(hi - s)
    return lo + nn.functional.softplus(s - lo)


def student(a, b, freedom):
    """Bailey 1994, from two normal numbers."""
    square = a * a + b * b
    return a * torch.sqrt(freedom * torch.expm1(square / freedom) / square)


class Model(Reference):
    def build(self):
        self.blocks = {
            "E": nn.Sequential(nn.Identity(), nn.Identity(), nn.Identity(), nn.Linear(21, 12), nn.Tanh(), nn.Linear(12, 18)),
            "P": nn.Sequential(nn.Linear(9, 12), nn.Tanh(), nn.Linear(12, 57)),
            "Prior": nn.Sequential(nn.Linear(3, 2)),
        }

    def make_optimizers(self):
        names = ["E", "P", "Prior"]
        self.optimizers = {"E,P,Prior": (torch.optim.Adam(self.parameters(*names), lr=1e-3), names)}

    def iteration(self, inputs):
        x, n = inputs["x"].flatten(1), inputs["n"]
        la, sa, lb, sb, lc, sc, ld, rate = self.blocks["E"](torch.cat([x, n], 1)).split([3, 3, 2, 2, 2, 2, 2, 2], 1)
        sb = bounded(sb, -4, 4)
        h = la + sa.exp() * quantile(inputs["sample.E"], "laplace")
        i = lb + sb.exp() * quantile(inputs["sample.E~1"], "logistic")
        j = lc + sc.exp() * student(inputs["sample.E~2"], inputs["sample.E~3"], 3)
        k = ld + 0.7 * student(inputs["sample.E~4"], inputs["sample.E~5"], 1.5)
        lx, sx, logits, log_count, few, rates, far = self.blocks["P"](torch.cat([h, i, j, k], 1)).split([16, 16, 5, 5, 5, 5, 5], 1)
        counts = NegativeBinomial(log_count.exp(), logits=logits, validate_args=False)
        fit = pixel_log_prob(lx, bounded(sx, -7, 7), x).sum(1) + counts.log_prob(n).sum(1)
        fit = fit + NegativeBinomial(2.5, logits=few, validate_args=False).log_prob(n).sum(1)
        fit = fit + Poisson(rates.exp(), validate_args=False).log_prob(n).sum(1) + Laplace(far, 2.0).log_prob(n).sum(1)
        qa, qb, qc, qd = Laplace(la, sa.exp()), logistic(lb, sb.exp()), StudentT(3.0, lc, sc.exp()), StudentT(1.5, ld, 0.7)
        zero = torch.zeros_like(i)
        code = kl_divergence(qa, Laplace(0.0, 1.0)).sum(1) + qb.log_prob(i).sum(1) - logistic(zero, zero + 1).log_prob(i).sum(1)
        code = code + kl_divergence(Poisson(rate.exp()), Poisson(self.blocks["Prior"](h).exp())).sum(1)
        entropy = qa.entropy().sum(1) + (sb + 2).sum(1) + qc.entropy().sum(1)
        value = (fit - code + entropy + qd.log_prob(torch.tensor(0.3, dtype=self.dtype)).sum(1) - ((counts.mean - n) ** 2).sum(1) / 100).mean()
        self.loss("E,P,Prior", value)
        self.update("E,P,Prior", -value, "E,P,Prior")
