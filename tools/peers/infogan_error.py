"""What InfoGAN's code knows of MNIST's digits when PyTorch trains it: the same model, data and length as models/infogan.gan.

usage: infogan_error.py MNIST_FOLDER SEED ...       (needs torch, numpy and scipy; uses tests/parity/infogan.py)

Prints for each seed what the trainer's evaluation calls mi, matched_error.Q.c and information.Q.c. THREADS, ITERATIONS: 2, 5000.
"""
import gzip
import json
import math
import os
import sys

import numpy
import torch
from scipy.optimize import linear_sum_assignment
from torch.nn import functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "parity"))
from infogan import Model  # noqa: E402

BATCH = 128


def idx(folder, name, skip):
    path = os.path.join(folder, name)
    with gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path, "rb") as file:
        return torch.tensor(numpy.frombuffer(file.read(), numpy.uint8, offset=skip).copy())


def images(folder, name):
    return idx(folder, name, 16).view(-1, 1, 28, 28).float() / 255


def initialize(model):
    """Weights N(0, 0.02), scales of norms N(1, 0.02), biases as PyTorch's layers start."""
    for block in model.blocks.values():
        for name, p in block.named_parameters():
            if p.dim() > 1:
                torch.nn.init.normal_(p, 0, 0.02)
            elif name.endswith("weight"):
                torch.nn.init.normal_(p, 1, 0.02)


def draws(suffix):
    return {
        "z" + suffix: torch.rand(BATCH, 62) * 2 - 1,
        "c" + suffix: F.one_hot(torch.randint(10, (BATCH,)), 10).float(),
        "t" + suffix: torch.rand(BATCH, 2) * 2 - 1,
    }


def train(data, seed, iterations):
    model = Model(torch.float32)
    model.recording, model.averaged = False, {}
    torch.manual_seed(seed)
    initialize(model)
    order = torch.randperm(len(data))
    at = 0
    for i in range(iterations):
        if at + BATCH > len(data):
            order, at = torch.randperm(len(data)), 0
        model.iteration({"x": data[order[at : at + BATCH]], **draws(""), **draws("~1")})
        at += BATCH
        if i % 100 == 99:
            print(f"seed {seed}: {i + 1}/{iterations}", file=sys.stderr, flush=True)
    return model


def evaluate(model, data, labels):
    for block in model.blocks.values():
        block.eval()
    with torch.no_grad():
        codes = torch.cat([model.heads(x)[1][:, :10].argmax(1) for x in data.split(1000)])
        drawn = draws("")
        q = model.heads(model.blocks["G"](torch.cat([drawn["z"], drawn["c"], drawn["t"]], 1)))[1]
        mi = math.log(10) + float(model.code(q, drawn["c"], drawn["t"])[0].mean())
    counts = numpy.zeros((10, 10))
    for c, l in zip(codes.tolist(), labels.tolist()):
        counts[c, l] += 1
    rows, columns = linear_sum_assignment(-counts)
    p = counts / counts.sum()
    independent = p.sum(1, keepdims=True) * p.sum(0, keepdims=True)
    information = float((p[p > 0] * numpy.log(p[p > 0] / independent[p > 0])).sum())
    return {"mi": mi, "matched_error.Q.c": 1 - p[rows, columns].sum(), "information.Q.c": information}


def main(folder, seeds):
    torch.set_num_threads(int(os.environ.get("THREADS", "2")))
    data, test = images(folder, "train-images-idx3-ubyte"), images(folder, "t10k-images-idx3-ubyte")
    labels = idx(folder, "t10k-labels-idx1-ubyte", 8)
    for seed in seeds:
        model = train(data, seed, int(os.environ.get("ITERATIONS", "5000")))
        print(json.dumps({"seed": seed, **evaluate(model, test, labels)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], [int(s) for s in sys.argv[2:]])
