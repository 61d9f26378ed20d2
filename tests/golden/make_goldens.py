"""Golden values of a model: what PyTorch computes in double precision, small enough to commit.

usage: make_goldens.py PROGRAM MODEL OUT.json     (PROGRAM: a trainer of the model, for the names and shapes of its tensors)

Each step starts from a given state and given inputs (tests/parity/given.py), which the test makes again by the same rules.
A unit within rounding of its kink (a relu at 0) takes another gradient in single precision: of a few draws of inputs that
is taken in which the unit nearest to its kink is farthest from it, and that margin is kept beside.
For every loss, metric, gradient and new state OUT holds its norm, 32 random projections, and the distance of PyTorch's own
single precision: enough to bound the distance of any other result to within some 15 %, in a small file.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parity"))
import importlib

import numpy as np
import torch
from compare import distance, reference_results, zero_gradients
from given import sketch, state_value
from trainer import Trainer


def short(x):
    return float(f"{x:.8g}")


DRAWS = 12


def margin(module, state, inputs, iteration):
    """Distance of the nearest unit to its kink, relative to its layer's deviation, in double precision."""
    model = module.Model(torch.float64)
    model.number, nearest = iteration, [1.0]
    for block in model.blocks.values():
        for layer in block.modules():
            if isinstance(layer, (torch.nn.ReLU, torch.nn.LeakyReLU)):
                layer.register_forward_pre_hook(lambda _, x: nearest.append(float(x[0].detach().abs().min() / x[0].detach().std())))
    model.run(state, inputs)
    return min(nearest)


def main(program, model_name, out):
    trainer = Trainer(program)
    info = trainer.info
    module = importlib.import_module(model_name)
    steps, seeds, nearest = [], [], []
    for i in range(3):
        state = {t["name"]: state_value(t["name"], t["shape"], t["role"], 3 + i, 11 + i) for t in info["state"]}
        margins = {s: margin(module, state, trainer.inputs(s), i) for s in range(100 * (i + 1), 100 * (i + 1) + DRAWS)}
        seed = max(margins, key=margins.get)
        exact, single, model = reference_results(module, state, trainer.inputs(seed), i)
        noise = zero_gradients(model)
        print(f"{model_name} step {i}: inputs {seed}, margin {margins[seed]:.2g}")
        seeds.append(seed)
        nearest.append(float(f"{margins[seed]:.2g}"))
        steps.append({k: {"norm": short(np.linalg.norm(v)), "sketch": [short(x) for x in sketch(v)], "single": short(distance(single[k], v)), "zero": any(n in k for n in noise)} for k, v in exact.items()})
    with open(out, "w") as f:
        json.dump({"model": model_name, "batch": info["batch"], "torch": torch.__version__, "inputs": seeds, "margins": nearest, "steps": steps}, f, indent=None, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
