"""What a PyTorch program of a model must offer to be compared: blocks, optimizers, one iteration.

A model's file has a class `Model(Reference)` with `blocks` (name -> Sequential), `optimizers` (objective -> torch.optim)
and `iteration(inputs)`, written with plain torch.nn and torch.optim. Losses are recorded as the objective is written.
"""
import numpy as np
import torch
from torch import nn


class GivenDropout(nn.Module):
    """Dropout whose keep-masks are given, one for each application, in order."""

    def __init__(self, p):
        super().__init__()
        self.p, self.masks = p, []

    def forward(self, x):
        return x * self.masks.pop(0).view_as(x) / (1 - self.p)


class Maxout(nn.Linear):
    """A linear layer viewed as (n, pieces), the largest over the pieces."""

    def __init__(self, inputs, n, pieces):
        super().__init__(inputs, n * pieces)
        self.pieces = pieces

    def forward(self, x):
        return super().forward(x).view(x.shape[0], -1, self.pieces).max(dim=2).values


class Global(nn.Module):
    """A learned number."""

    def __init__(self, start):
        super().__init__()
        self.value = nn.Parameter(torch.full((1,), float(start)))


class Reference:
    blocks, optimizers, averages, gathered = {}, {}, {}, {}
    recording = True  # False: only what training does, to be timed

    def __init__(self, dtype):
        torch.manual_seed(0)
        self.dtype = dtype
        self.build()
        for b in self.blocks.values():
            b.to(dtype)
        self.make_optimizers()

    def make_optimizers(self):
        pass

    def parameters(self, *names):
        return [p for n in names for p in self.blocks[n].parameters()]

    # ---- state by the trainer's names ----

    def load(self, state):
        self.averaged = {k: torch.tensor(v, dtype=self.dtype) for k, v in state.items() if k.startswith("average.")}
        self.gathered = {n: float(state[f"optim.{n}.accumulated.step"]) for n in self.optimizers if f"optim.{n}.accumulated.step" in state}
        for name, block in self.blocks.items():
            own = {k[len(name) + 1 :]: torch.tensor(v, dtype=self.dtype) for k, v in state.items() if k.startswith(name + ".")}
            block.load_state_dict(own, strict=True)
        for objective, (optimizer, names) in self.optimizers.items():
            for n in names:
                for k, p in self.blocks[n].named_parameters():
                    prefix = f"optim.{objective}.{n}.{k}."
                    own = {key[len(prefix) :]: torch.tensor(v, dtype=self.dtype) for key, v in state.items() if key.startswith(prefix)}
                    if not optimizer.defaults.get("momentum"):
                        own.pop("momentum_buffer", None)
                    own["step"] = torch.tensor(float(state[f"optim.{objective}.{n}.step"]))
                    optimizer.state[p] = own

    def state(self):
        out = {}
        out.update({k: v.double().numpy() for k, v in self.averaged.items()})
        out.update({f"optim.{n}.accumulated.step": np.float64(count) for n, count in self.gathered.items()})
        for name, block in self.blocks.items():
            for k, v in block.state_dict().items():
                out[f"{name}.{k}"] = v.detach().double().numpy()
        for objective, (optimizer, names) in self.optimizers.items():
            for n in names:
                for k, p in self.blocks[n].named_parameters():
                    for key, v in optimizer.state[p].items():
                        if key == "step":
                            out[f"optim.{objective}.{n}.step"] = v.double().numpy()
                        elif v is not None:
                            out[f"optim.{objective}.{n}.{k}.{key}"] = v.detach().double().numpy()
        return out

    # ---- one iteration ----

    def run(self, state, inputs):
        self.load(state)
        self.out = {}
        self.iteration({k: torch.tensor(v, dtype=self.dtype) for k, v in inputs.items()})
        result = dict(self.out)
        result.update({k: v for k, v in self.state().items()})
        return result

    def loss(self, name, value):
        self.metric("loss." + name, value)

    def metric(self, name, value):
        if self.recording:
            self.out[name] = value.detach().double().numpy()

    def average(self, name):
        """A moving average of the parameters after an update, and a copy of the buffers."""
        decay = self.averages[name]
        for k, p in self.blocks[name].named_parameters():
            key = f"average.{name}.{k}"
            self.averaged[key] = decay * self.averaged[key] + (1 - decay) * p.detach()
        for k, b in self.blocks[name].named_buffers():
            self.averaged[f"average.{name}.{k}"] = b.detach().clone()

    def gradients(self, step, minimised, optimizer, retain=False, clip=None, rest=""):
        """Gradients of the quantity minimised for the optimizer's blocks alone; none for a block that it does not reach."""
        opt, names = self.optimizers[optimizer]
        opt.zero_grad()
        parameters = self.parameters(*names)
        for p, g in zip(parameters, torch.autograd.grad(minimised, parameters, retain_graph=retain, allow_unused=True)):
            p.grad = g
        if clip:
            torch.nn.utils.clip_grad_norm_([p for p in parameters if p.grad is not None], clip)
        for n in names:
            for k, p in self.blocks[n].named_parameters():
                if p.grad is not None and self.recording:
                    self.out[f"grad.{step}.{n}.{k}{rest}"] = p.grad.detach().double().numpy()

    def update(self, step, minimised, optimizer, **options):
        """Gradients, then the optimizer's step."""
        self.gradients(step, minimised, optimizer, **options)
        self.optimizers[optimizer][0].step()

    def gather(self, step, minimised, optimizer, n, retain=False):
        """Adds the gradients of a part to those so far, as (minimised / n).backward() does."""
        opt, names = self.optimizers[optimizer]
        parameters = self.parameters(*names)
        for p, g in zip(parameters, torch.autograd.grad(minimised / n, parameters, retain_graph=retain)):
            p.grad = opt.state[p]["accumulated"] + g
        for b in names:
            for k, p in self.blocks[b].named_parameters():
                if self.recording:
                    self.out[f"grad.{step}.{b}.{k}"] = p.grad.detach().double().numpy().copy()
        self.gathered[optimizer] += 1

    def release(self, optimizer, n):
        """The optimizer's step, if n parts are gathered."""
        opt, names = self.optimizers[optimizer]
        full = self.gathered[optimizer] >= n
        if full:
            opt.step()
            self.gathered[optimizer] = 0
        for p in self.parameters(*names):
            opt.state[p]["accumulated"] = torch.zeros_like(p.grad) if full else p.grad
            if full and isinstance(opt, torch.optim.SGD):  # torch's SGD does not count
                opt.state[p]["step"] += 1
        return full
