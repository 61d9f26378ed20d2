"""Values that are made in many steps: against formulas worked out here; a diffusion model that learns two clusters of a table
and makes rows of it; as many kernels for many steps as for few.

usage: refine.py GANC FOLDER
"""
import csv
import json
import math
import os
import random
import shutil
import sys

from field import build, run
from tensors import read_tensors, write_tensors

# U adds its time times (1, 2, 3), I shows the draws that refinements start as; both by the tensors that are loaded.
FORMULAS = """model formulas
data x: vector(3) in [-5, 5]
latent z: normal(3)
latent w: normal(3)
latent t: uniform(1) in [0, 1]
encoder U(v: vector(3), t) -> vector(3) {
    take t ; shift: linear 3, bias off
    take v ; add shift
}
decoder I(z) -> vector(3) {
    linear bias off
}
train {
    batch 8
    const eighth = 0.125
    step U with sgd(lr 0) { minimize sum(square(U(x, t))) }
    step I with sgd(lr 0) { minimize sum(square(I(z) - x)) }
    refine a from z over 4 steps { next U(a, time) * (1 - eighth * time) }
    refine b from z over 9 steps { next b + fresh(w) }
    refine c from z over 3 steps {
        let half = c / 2
        next half + w
    }
}
"""

DIFFUSION = """model diffusion
data p: vector(2) from "x", "y"
latent noise: normal(2)
latent t: uniform(1) in [0, 1]
encoder U(v: vector(2), t) -> vector(2) {
    linear 64 ; silu
    linear 64 ; silu
    linear
}
train {
    batch 64
    let left = exp(-0.1 * sum(t) - 9.95 * sum(t)^2)
    step U with adam(lr cosine(5e-3, 1e-4, over 2500 steps)) {
        minimize mean(square(U(sqrt(left) * p + sqrt(1 - left) * noise, t) - noise))
    }
    average U by 0.99
    refine v from noise over STEPS steps {
        let rate = (0.1 + 19.9 * time) / STEPS
        let left_now = exp(-0.1 * time - 9.95 * time^2)
        let score = -U(v, time) / sqrt(1 - left_now)
        next (1 + rate / 2) * v + rate * score + sqrt(rate) * fresh(noise)
    }
}
"""


def check_formulas(program, folder):
    here = lambda name: os.path.join(folder, name)
    with open(here("x.csv"), "w") as f:
        f.write("a,b,c\n" + "0,0.5,1\n" * 16)
    write_tensors(here("net.safetensors"), {"U.1.weight": ([3, 1], [1.0, 2.0, 3.0]), "I.0.weight": ([3, 3], [1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0])})
    load = [word for block in "UI" for word in ("--load", f"{block}=" + here("net.safetensors"))]
    run(program, "train", "--data", here("x.csv"), *load, "--steps", "1", "--out", here("f"), "-q")
    out = here("s.safetensors")
    run(program, "sample", "--checkpoint", here("f"), "--count", "2000", "-o", out)
    made = {name: values for name, (_, values) in read_tensors(out).items()}
    assert list(made) and set(made) == {"a", "b", "c", "I"}, list(made)
    for i, start in enumerate(made["I"]):
        v = start
        for k in (4, 3, 2, 1):
            v = (v + k / 4 * (i % 3 + 1)) * (1 - k / 4 / 8)
        assert math.isclose(v, made["a"][i], rel_tol=1e-4, abs_tol=1e-4), (i, v, made["a"][i])
    moments = lambda values: (sum(values) / len(values), sum(v * v for v in values) / len(values))
    mean, square = moments([b - z for b, z in zip(made["b"], made["I"])])
    assert abs(mean) < 0.15 and 8.4 < square < 9.6, (mean, square)  # nine draws, each of its own; 81 if they were one
    w = [(c - z / 8) / 1.75 for c, z in zip(made["c"], made["I"])]
    mean, square = moments(w)
    assert abs(mean) < 0.06 and 0.92 < square < 1.08, (mean, square)  # one draw in all steps
    assert abs(sum(u * v for u, v in zip(w, made["I"])) / len(w)) < 0.06
    # the same samples whatever their number; a number of the model is read when the program runs
    run(program, "sample", "--checkpoint", here("f"), "--count", "5", "-o", here("five.safetensors"))
    assert read_tensors(here("five.safetensors"))["b"][1] == made["b"][:15]
    run(program, "sample", "--checkpoint", here("f"), "--count", "5", "--set", "eighth=0", "--set", "z=1", "-o", here("set.safetensors"))
    assert all(math.isclose(v, 1 + 2.5 * (i % 3 + 1), rel_tol=1e-5) for i, v in enumerate(read_tensors(here("set.safetensors"))["a"][1]))


def check_diffusion(ganc, folder):
    here = lambda name: os.path.join(folder, name)
    rng = random.Random(1)
    with open(here("p.csv"), "w") as f:
        f.write("x,y\n")
        for i in range(2048):
            middle = 1.2 if i % 4 else -1.2  # three in four in the upper cluster
            f.write(f"{middle + rng.gauss(0, 0.1):.4f},{middle + rng.gauss(0, 0.2):.4f}\n")
    programs = {n: build(ganc, folder, f"d{n}", DIFFUSION.replace("STEPS", str(n))) for n in (5, 100)}
    kernels = {n: len({k["name"] for k in json.loads(run(p, "info", "--json"))["kernels"]}) for n, p in programs.items()}
    assert kernels[100] <= kernels[5] + 2, kernels
    run(programs[100], "train", "--data", here("p.csv"), "--steps", "2500", "--out", here("d"), "-q")
    run(programs[100], "sample", "--checkpoint", here("d"), "--count", "400", "-o", here("made.csv"))
    with open(here("made.csv"), newline="") as f:
        rows = [(float(row["x"]), float(row["y"])) for row in csv.DictReader(f)]
    upper, lower = ([p for p in rows if math.dist(p, (m, m)) < 0.9] for m in (1.2, -1.2))
    assert len(upper) + len(lower) > 380 and 0.6 < len(upper) / 400 < 0.88, (len(upper), len(lower))
    spread = lambda k: math.sqrt(sum((p[k] - 1.2) ** 2 for p in upper) / len(upper))
    assert 0.05 < spread(0) < 0.2 and 0.13 < spread(1) < 0.32, (spread(0), spread(1))


def main():
    ganc, folder = sys.argv[1:3]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    check_formulas(build(ganc, folder, "formulas", FORMULAS), folder)
    check_diffusion(ganc, folder)


if __name__ == "__main__":
    main()
