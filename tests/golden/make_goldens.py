"""Golden values of three steps of a model, made with PyTorch in double precision.

usage: make_goldens.py PROGRAM MODEL OUT.json     (PROGRAM: a trainer of the model, for the names and shapes of its tensors)

Each step starts from a given state and given inputs (tests/parity/given.py), which the test makes again by the same rules.
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


def main(program, model_name, out):
    trainer = Trainer(program)
    info = trainer.info
    module = importlib.import_module(model_name)
    steps = []
    for i in range(3):
        state = {t["name"]: state_value(t["name"], t["shape"], t["role"], 3 + i, 11 + i) for t in info["state"]}
        inputs = trainer.inputs(100 + i)
        exact, single, model = reference_results(module, state, inputs, i)
        noise = zero_gradients(model)
        steps.append({k: {"norm": float(np.linalg.norm(v)), "sketch": sketch(k, v), "single": distance(single[k], v), "zero": any(n in k for n in noise)} for k, v in exact.items()})
    with open(out, "w") as f:
        json.dump({"model": model_name, "batch": info["batch"], "torch": torch.__version__, "steps": steps}, f, indent=None, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
