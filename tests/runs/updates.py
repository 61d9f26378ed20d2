"""Updates that gather the gradients of several batches, or that change some layers of a block, against numbers worked
out by hand.

usage: updates.py GANC MODEL.gan FOLDER     (the model is not read: these are small ones of this file)
"""
import math
import os
import random
import shutil
import sys

from steps import Program, after, close, random_batch

# An update for several runs, by the average of their gradients.
ACCUMULATED = """
model accumulated
data x: vector(2) in [-1, 1]
encoder A(x) -> vector(1) { linear bias off }
encoder B(x) -> vector(1) { linear bias off }
encoder C(x) -> vector(2) { batch_norm }
train {
    batch 4
    average A by 0.5
    step A with sgd(lr 1), clip_grad 0.1 accumulate 3 { minimize sum(A(x)) when batch_mean(sum(x)) > 0 }
    step B with sgd(lr decay(1, by 0.5 per step), momentum 0.5) times 2 accumulate 4 { minimize sum(B(x)) }
    step C with adam(lr 0.1) accumulate 2 { minimize sum(square(C(x) - 1)) }
}
"""

# A step may update some layers of a block only.
PARTIAL = """
model partial
data x: vector(2) in [-1, 1]
encoder A(x) -> vector(1) {
    body: { linear 2, bias off ; linear 2, bias off }
    head: linear bias off
}
train {
    batch 4
    step A.head with sgd(lr 0.5, momentum 0.5), clip_weight 0.4 { minimize sum(A(x)) }
    step with sgd(lr 0.5) {
        A.body minimize -sum(A(x))
        A.head minimize sum(A(x)) with adam(lr 0.1) accumulate 2
    }
}
"""


class Accumulated:
    """ACCUMULATED by hand."""

    def __init__(self):
        self.a, self.average, self.b, self.momentum = ([0.0, 0.0] for _ in range(4))
        self.gradients = {"A": [], "B": []}
        self.updates = 0
        self.running = [0.0, 0.0]

    def add(self, block, batch, n):
        """The average gradient of n runs, in every n-th; else None."""
        gradients = self.gradients[block]
        gradients.append([sum(batch[j::2]) / 4 for j in range(2)])
        if len(gradients) < n:
            return None
        self.gradients[block] = []
        return [sum(g[j] for g in gradients) / n for j in range(2)]

    def iterate(self, i, inputs):
        x = inputs[f"x.{i}"][1]
        g = self.add("A", x, 3) if sum(x) > 0 else None
        if g:
            factor = min(1, 0.1 / (math.hypot(*g) + 1e-6))
            self.a = [w - factor * v for w, v in zip(self.a, g)]
            self.average = [0.5 * m + 0.5 * w for m, w in zip(self.average, self.a)]
        for k in range(2):
            if g := self.add("B", inputs[f"x.{i}.{k}"][1], 4):
                self.momentum = [0.5 * m + v for m, v in zip(self.momentum, g)]
                self.b = [w - 0.5**self.updates * m for w, m in zip(self.b, self.momentum)]
                self.updates += 1
        self.running = [0.9 * r + 0.1 * sum(x[j::2]) / 4 for j, r in enumerate(self.running)]


def check_accumulated(program):
    iterations, rng, model = 13, random.Random(5), Accumulated()
    inputs = {}
    for i in range(iterations):
        for name in (f"x.{i}", f"x.{i}.0", f"x.{i}.1"):
            inputs[name] = ([4, 2], random_batch(rng))
    results = program.trace(program.zero_state(), inputs, 0, iterations)
    for i in range(iterations):
        model.iterate(i, inputs)
        state = after(results, i)
        where = f"after iteration {i}"
        close(state["A.0.weight"][1], model.a, f"A {where}")
        close(state["average.A.0.weight"][1], model.average, f"the average {where}")
        close(state["B.0.weight"][1], model.b, f"B {where}")
        close(state["optim.B.B.0.weight.momentum_buffer"][1], model.momentum, f"the momentum {where}")
        close(state["C.0.running_mean"][1], model.running, f"statistics, which each batch advances, {where}")
        moved = i > 0 and state["C.0.weight"] != after(results, i - 1)["C.0.weight"]
        assert i == 0 or moved == (i % 2 == 1), f"C {where}"
    assert model.updates >= 3 and any(model.a), (model.updates, model.a)
    # What is added up so far is part of the state.
    again = program.trace(after(results, 6), inputs, 7, iterations - 7)
    for i in range(7, iterations):
        assert after(again, i) == after(results, i), i


def check_partial(program):
    """Three 2 x 2 and 1 x 2 matrices U, V, w: the gradient of the mean of w V U x."""
    names = {t["name"] for t in program.info["state"]}
    assert "optim.A.head.A.2.weight.momentum_buffer" in names and "optim.A.head.A.0.weight.momentum_buffer" not in names, names
    rng = random.Random(8)
    state = program.zero_state()
    for i, n in ((0, 4), (1, 4), (2, 2)):
        state[f"A.{i}.weight"] = (state[f"A.{i}.weight"][0], [rng.uniform(-1, 1) for _ in range(n)])
    U, V, w = ([list(state[f"A.{i}.weight"][1][2 * k : 2 * k + 2]) for k in range(n)] for i, n in ((0, 2), (1, 2), (2, 1)))
    apply = lambda M, v: [row[0] * v[0] + row[1] * v[1] for row in M]
    momentum, gathered = [0.0, 0.0], []
    inputs = {f"x.{i}": ([4, 2], random_batch(rng)) for i in range(4)}
    results = program.trace(state, inputs, 0, 4)
    for i in range(4):
        x = [sum(inputs[f"x.{i}"][1][j::2]) / 4 for j in range(2)]
        momentum = [0.5 * m + g for m, g in zip(momentum, apply(V, apply(U, x)))]
        w = [[max(-0.4, min(0.4, v - 0.5 * m)) for v, m in zip(w[0], momentum)]]
        gathered.append(apply(V, apply(U, x)))
        back = [w[0][0] * V[0][j] + w[0][1] * V[1][j] for j in range(2)]
        hidden = apply(U, x)
        V = [[V[r][c] + 0.5 * w[0][r] * hidden[c] for c in range(2)] for r in range(2)]
        U = [[U[r][c] + 0.5 * back[r] * x[c] for c in range(2)] for r in range(2)]
        found = after(results, i)
        close(found["A.0.weight"][1], U[0] + U[1], f"the first layer after iteration {i}")
        close(found["A.1.weight"][1], V[0] + V[1], f"the second layer after iteration {i}")
        if i % 2 == 0:
            close(found["A.2.weight"][1], w[0], f"the head after iteration {i}")
            continue
        change = [b - a for a, b in zip(w[0], found["A.2.weight"][1])]
        if i == 1:  # adam's first step is its rate, against the sign of the gradient
            close(change, [-math.copysign(0.1, gathered[0][j] + gathered[1][j]) for j in range(2)], "adam's first step")
        w = [list(found["A.2.weight"][1])]


def main():
    ganc, _, folder = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    check_accumulated(Program(ganc, folder, "accumulated", ACCUMULATED))
    check_partial(Program(ganc, folder, "partial", PARTIAL))


if __name__ == "__main__":
    main()
