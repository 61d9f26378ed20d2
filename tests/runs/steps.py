"""Which steps run, what numbers that change with time are worth in each, what a repetition draws: programs against numbers worked out here.

usage: steps.py GANC MODEL.gan FOLDER
"""
import json
import math
import os
import random
import re
import shutil
import struct
import subprocess
import sys

from tensors import read_tensors, write_tensors

SCHEDULES = """
model schedules
data x: vector(2) in [-1, 1]
encoder A(x) -> vector(1) { linear bias off }
encoder B(x) -> vector(1) { linear bias off }
encoder C(x) -> vector(1) { linear bias off }
encoder D(x) -> vector(1) { linear bias off }
encoder E(x) -> vector(1) { linear bias off }
encoder F(x) -> vector(1) { linear bias off }
train {
    batch 4
    epochs 4 of 8
    choose seen(64) with 0.5 else rest
    const w = ramp(0, 1, over 2 epochs)
    const v = ramp(0, 1, over 8 steps)
    const d = decay(1, by 0.5 per step)
    average B by ramp(0, 1, over 16 steps)
    step A with sgd(lr w) times 4 { minimize sum(A(x)) }
    step B with sgd(lr d) every 2 times 3 { minimize v * sum(B(x)) when batch_mean(sum(x)) > 0 }
    step C with sgd(lr v) times 2 { minimize w * sum(C(x)) }
    step with sgd(lr d) {
        D minimize d * sum(D(x)) when batch_mean(sum(x)) > 0
        E minimize d * sum(E(x))
    }
    step F with sgd(lr d) { minimize sum(F(x)) from seen }
}
"""

# The average of a block counts the updates of the block, whichever steps make them.
AVERAGE = """
model average
data x: vector(2) in [-1, 1]
encoder A(x) -> vector(1) { linear bias off }
train {
    batch 4
    average A by ramp(0, 1, over 12 steps)
    step A with sgd(lr 1) every 2 times 2 { minimize sum(A(x)) }
    step A with sgd(lr decay(1, by 0.5 per step)) { minimize sum(A(x)) when batch_mean(sum(x)) > 0 }
}
"""

LETS = """
model lets
data x: vector(2) in [-1, 1]
encoder A(x) -> vector(2) { linear ; batch_norm }
encoder B(x) -> vector(2) { linear ; batch_norm }
encoder C(x) -> vector(2) { linear ; batch_norm }
latent z: normal(1)
train {
    batch 4
    let unused = A(x)
    let watched = B(x)
    let plain = C(x)
    metric size = sum(watched)
    step A with sgd(lr 0.1) every 2 { minimize sum(square(A(x) - 1)) }
    step B with sgd(lr 0.1) every 2 { minimize sum(square(B(x) - 1)) }
    step C with sgd(lr 0) every 2 { minimize log_mean_exp(3, sum(square(plain - 1)) + sum(z)) }
}
"""

# Blocks whose states several lets advance, in iterations of their own. The rates are 0: only what lets do is seen.
SHARED = """
model shared
data x: vector(2) in [-1, 1]
latent z: normal(2)
encoder A(vector(2)) -> vector(2) { batch_norm ; linear }
encoder B(x) -> vector(2) { batch_norm ; linear }
encoder C(x) -> vector(2) { batch_norm ; linear }
encoder S(vector(2)) -> vector(2) { linear spectral on }
encoder P(vector(2)) -> vector(1) { linear }
encoder Q(vector(2)) -> vector(1) { linear }
train {
    batch 4
    choose seen(64) with 0.5 else rest
    let a = A(x)
    let again = A(z)
    let b = B(x)
    let c = C(x)
    let s = S(x)
    let t = S(z)
    metric size = sum(a) + sum(b) + sum(c) + sum(s)
    step P with sgd(lr 0) every 2 {
        minimize sum(P(a)) + sum(P(s))
        minimize sum(P(b)) from seen
    }
    step Q with sgd(lr 0) every 3 { minimize sum(Q(again)) + sum(Q(c)) + sum(Q(t)) }
    step A, B, C, S with sgd(lr 0) every 1000 { minimize sum(A(x)) + sum(B(x)) + sum(C(x)) + sum(S(x)) }
}
"""

DRAWS = """
model draws
data x: vector(1)
latent z: normal(1)
encoder A(vector(1)) -> vector(1) { linear ; dropout 0.5 }
train {
    batch 4
    step A with sgd(lr 0.1) times 2 {
        minimize log_mean_exp(131, sum(A(z)) + sum(fresh(z)))
    }
    step A with sgd(lr 0.1) times 3 { minimize sum(A(z)) }
}
"""


def many_steps(count):
    middle = "".join("    step B with sgd(lr 0.5) { minimize sum(B(x)) }\n" for _ in range(count))
    blocks = "".join(f"encoder {b}(x) -> vector(1) {{ linear bias off }}\n" for b in "ABC")
    return f"""
model many
data x: vector(2) in [-1, 1]
{blocks}
train {{
    batch 4
    let h = exp(mean(x))
    step A with sgd(lr 1) every 1000 {{ minimize sum(A(x)) * h }}
{middle}    step C with sgd(lr 1) {{ minimize sum(C(x)) * h }}
}}
"""


class Program:
    def __init__(self, ganc, folder, name, text):
        self.folder, self.path = folder, os.path.join(folder, name)
        with open(self.path + ".gan", "w") as file:
            file.write(text)
        subprocess.run([ganc, "build", self.path + ".gan", "-q", "-o", self.path], check=True)
        self.info = json.loads(subprocess.run([self.path, "info", "--json"], check=True, capture_output=True).stdout)

    def zero_state(self):
        count = lambda shape: shape[0] * count(shape[1:]) if shape else 1
        return {t["name"]: (t["shape"], [0.0] * count(t["shape"])) for t in self.info["state"]}

    def trace(self, state, inputs, first, steps, fails=False):
        files = {n: f"{self.path}.{n}" for n in ("state", "inputs", "out")}
        options = ["--inputs", files["inputs"], "--out", files["out"], "--start-iteration", str(first), "--steps", str(steps)]
        write_tensors(files["inputs"], inputs)
        if state is not None:
            write_tensors(files["state"], state)
            options += ["--state", files["state"]]
        done = subprocess.run([self.path, "trace", *options], capture_output=True, text=True)
        assert done.returncode == (1 if fails else 0), done.stderr
        return done.stderr if fails else read_tensors(files["out"])


def after(results, iteration):
    """The state that an iteration left."""
    end = f".{iteration}"
    return {n[: -len(end)]: v for n, v in results.items() if n.endswith(end) and not n.startswith(("loss", "grad", "skipped"))}


def random_batch(rng):
    """Of four samples, whose sum is as often above 0 as below."""
    middle = rng.choice((-0.5, 0.5))
    rows = [[middle + rng.uniform(-0.4, 0.4) for _ in range(2)] for _ in range(4)]
    return struct.unpack("<8f", struct.pack("<8f", *(v for row in rows for v in row)))


def close(found, wanted, what):
    assert len(found) == len(wanted), (what, found, wanted)
    for f, w in zip(found, wanted):
        assert abs(f - w) <= 2e-5 * max(1, abs(w)), (what, found, wanted)


class Schedules:
    """SCHEDULES by hand: the gradient of c sum(A(x)) is c times the mean of x."""

    TIMES = {"A": 4, "B": 3, "C": 2}

    def __init__(self, iterations):
        rng = random.Random(3)
        self.streams = [rng.randint(0, 1) for _ in range(iterations)]
        self.batches = {}
        for i in range(iterations):
            self.batches[f"x.{i}"] = random_batch(rng)
            for step, times in self.TIMES.items():
                for k in range(times):
                    self.batches[f"x@{step}.{i}.{k}"] = random_batch(rng)
        self.weights = {b: [0.0, 0.0] for b in "ABCDEF"}
        self.average, self.done = [0.0, 0.0], dict.fromkeys("BDF", 0)

    def inputs(self):
        found = {n: ([4, 2], v) for n, v in self.batches.items()}
        found.update({f"stream.{i}": ([], [float(s)]) for i, s in enumerate(self.streams)})
        return found

    def update(self, block, batch, rate):
        mean = [sum(self.batches[batch][j::2]) / 4 for j in range(2)]
        self.weights[block] = [w - rate * m for w, m in zip(self.weights[block], mean)]

    def open(self, batch):
        return sum(self.batches[batch]) > 0

    def iterate(self, i):
        w = min(1, i / 8 / 2)
        for k in range(4):
            self.update("A", f"x@A.{i}.{k}", w)
        for k in range(3 if i % 2 == 0 else 0):
            if self.open(f"x@B.{i}.{k}"):
                u = self.done["B"]
                self.update("B", f"x@B.{i}.{k}", 0.5**u * min(1, u / 8))
                stays = min(1, u / 16)
                self.average = [stays * a + (1 - stays) * b for a, b in zip(self.average, self.weights["B"])]
                self.done["B"] += 1
        for k in range(2):
            self.update("C", f"x@C.{i}.{k}", min(1, (2 * i + k) / 8) * w)
        if self.open(f"x.{i}"):
            self.update("D", f"x.{i}", 0.25 ** self.done["D"])
            self.done["D"] += 1
        self.update("E", f"x.{i}", 0.25**i)
        if self.streams[i] == 0:
            self.update("F", f"x.{i}", 0.5 ** self.done["F"])
            self.done["F"] += 1


def check_schedules(program):
    iterations, half = 14, 9
    model = Schedules(iterations)
    inputs = model.inputs()
    results = program.trace(program.zero_state(), inputs, 0, iterations)
    for i in range(iterations):
        model.iterate(i)
        state = after(results, i)
        for block, weight in model.weights.items():
            close(state[f"{block}.0.weight"][1], weight, f"{block} after iteration {i}")
        close(state["average.B.0.weight"][1], model.average, f"the average after iteration {i}")
    assert min(model.done.values()) >= 3, model.done
    # From the middle on: what was done before is in the state.
    again = program.trace(after(results, half), inputs, half + 1, iterations - half - 1)
    for i in range(half + 1, iterations):
        assert after(again, i) == after(results, i), i
    # A fresh state counts all that may have been done, in the streams that are given.
    fresh = program.trace(None, inputs, half + 1, 1)
    before = sum(s == 0 for s in model.streams[: half + 1])
    assert fresh[f"optim.F.step.{half + 1}"][1][0] == before + (model.streams[half + 1] == 0)


def check_names(program):
    names = [t["name"] for t in program.info["inputs"]]
    assert len(set(names)) == len(names) and {"x", "x@A", "x@B", "x@C", "stream"} == set(names), names
    inputs = Schedules(1).inputs()
    error = program.trace(program.zero_state(), {**inputs, "x@A.0.4": inputs["x.0"], "y.0": inputs["x.0"], "spare": inputs["x.0"]}, 0, 1, True)
    for part in ("x@A.0.4: did you mean x@A.0.", "y.0: did you mean x.0?", "spare"):
        assert part in error, error
    del inputs["x@B.0.2"]
    assert "input x@B.0.2 of shape (4, 2) is missing" in program.trace(program.zero_state(), inputs, 0, 1, True)
    state = program.zero_state()
    del state["A.0.weight"]
    error = program.trace(state, Schedules(1).inputs(), 0, 1, True)
    assert "tensor A.0.weight is missing" in error and "--partial" not in error, error


def check_resumed(program):
    """Counts of updates go on with the run."""
    rng, data = random.Random(5), os.path.join(program.folder, "points.npy")
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (256, 2), }"
    with open(data, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header.ljust(117).encode() + b"\n")
        file.write(struct.pack("<512f", *(rng.uniform(-1, 1) for _ in range(512))))

    def train(*options):
        subprocess.run([program.path, "train", *options, "-q"], check=True)

    runs = [os.path.join(program.folder, n) for n in ("whole", "resumed")]
    train("--data", data, "--out", runs[0], "--steps", "29")
    train("--data", data, "--out", runs[1], "--steps", "13")
    train("--resume", runs[1], "--steps", "29")
    for name in ("metrics.jsonl", "checkpoints/final.safetensors"):
        whole, resumed = (open(os.path.join(run, name), "rb").read() for run in runs)
        assert whole == resumed, name
    state = read_tensors(os.path.join(runs[0], "checkpoints/final.safetensors"))
    assert 0 < state["optim.B.step"][1][0] < 45 and 0 < state["optim.F.step"][1][0] < 29


def check_lets(program):
    batch = random_batch(random.Random(1))
    inputs = {f"x.{i}": ([4, 2], batch) for i in range(3)}
    inputs.update({f"z{copy}.{i}": ([4, 1], [0.5] * 4) for i in range(3) for copy in ("", "#1", "#2")})
    results = program.trace(None, inputs, 0, 3)
    first = after(results, 0)
    for i, tracked in ((0, 1), (1, 1), (2, 2)):
        for block in "ABC":
            assert results[f"{block}.1.num_batches_tracked.{i}"][1] == (tracked,), (block, i)
    changed = [n for n, v in after(results, 1).items() if n != "size" and v != first[n]]
    assert not changed, changed


def check_average(program):
    rng, count = random.Random(6), 9
    inputs = {f"x.{i}{k}": ([4, 2], random_batch(rng)) for i in range(count) for k in ("", ".0", ".1")}
    results = program.trace(program.zero_state(), inputs, 0, count)
    weight, average, done, gated = [0.0, 0.0], [0.0, 0.0], 0, 0
    for i in range(count):
        for k in ((".0", ".1", "") if i % 2 == 0 else ("",)):
            batch = inputs[f"x.{i}{k}"][1]
            if not k and sum(batch) <= 0:
                continue
            rate = 1 if k else 0.5**gated
            weight = [w - rate * sum(batch[j::2]) / 4 for j, w in enumerate(weight)]
            stays = min(1, done / 12)
            average = [stays * a + (1 - stays) * w for a, w in zip(average, weight)]
            done, gated = done + 1, gated + (not k)
        close(results[f"A.0.weight.{i}"][1], weight, f"A after {i}")
        close(results[f"average.A.0.weight.{i}"][1], average, f"the average after {i}")
    assert done < 2 * count and gated >= 3


class Shared:
    """SHARED by hand: which lets advance which states in an iteration, whatever else reads the same numbers."""

    def __init__(self, state):
        self.means = {b: [0.0, 0.0] for b in "ABC"}
        self.batches = dict.fromkeys("ABC", 0)
        self.w = state["S.0.parametrizations.weight.original"][1]
        self.u, self.v = (state["S.0.parametrizations.weight.0._" + n][1] for n in "uv")

    def apply(self, block, batch):
        self.means[block] = [0.9 * m + 0.1 * sum(batch[j::2]) / 4 for j, m in enumerate(self.means[block])]
        self.batches[block] += 1

    def turn(self):
        unit = lambda x: [e / (x[0] ** 2 + x[1] ** 2) ** 0.5 for e in x]
        self.u = unit([self.w[2 * i] * self.v[0] + self.w[2 * i + 1] * self.v[1] for i in range(2)])
        self.v = unit([self.w[j] * self.u[0] + self.w[2 + j] * self.u[1] for j in range(2)])

    def iterate(self, i, x, z, stream):
        if i % 2 == 0:
            self.apply("A", x)
            self.turn()
            if stream == 0:
                self.apply("B", x)
        if i % 3 == 0:
            self.apply("A", z)
            self.apply("C", x)
            self.turn()
        if i == 0:
            for block in "ABC":
                self.apply(block, x)
            self.turn()


def check_shared(program):
    rng, count = random.Random(2), 14
    batches = {f"{n}.{i}": random_batch(rng) for i in range(count) for n in "xz"}
    streams = [rng.randint(0, 1) for _ in range(count)]
    inputs = {n: ([4, 2], v) for n, v in batches.items()}
    inputs.update({f"stream.{i}": ([], [float(s)]) for i, s in enumerate(streams)})
    state = program.zero_state()
    weights = "S.0.parametrizations.weight."
    for name, numbers in (("original", [1.0, 0.5, -0.25, 0.75]), ("0._u", [1.0, 0.0]), ("0._v", [0.0, 1.0])):
        state[weights + name] = (state[weights + name][0], numbers)
    hand = Shared(state)
    results = program.trace(state, inputs, 0, count)
    for i in range(count):
        hand.iterate(i, batches[f"x.{i}"], batches[f"z.{i}"], streams[i])
        for block in "ABC":
            assert results[f"{block}.0.num_batches_tracked.{i}"][1] == (hand.batches[block],), (block, i)
            close(results[f"{block}.0.running_mean.{i}"][1], hand.means[block], f"the running mean of {block} after {i}")
        for n, wanted in (("u", hand.u), ("v", hand.v)):
            close(results[f"{weights}0._{n}.{i}"][1], wanted, f"{n} after {i}")


def check_many(program, count):
    inputs = {f"x.{i}": ([4, 2], [0.5] * 8) for i in range(1001)}
    results = program.trace(program.zero_state(), inputs, 999, 2)
    grows = 2.718281828 ** 0.5
    for i, a, c in ((999, 0, -0.5 * grows), (1000, -0.5 * grows, -grows)):
        close(results[f"A.0.weight.{i}"][1], [a, a], "A")
        close(results[f"B.0.weight.{i}"][1], [-0.25 * count * (i - 998)] * 2, "B")
        close(results[f"C.0.weight.{i}"][1], [c, c], "C")


def check_draws(ganc, folder):
    """Each draw of an iteration has a key and counters of its own."""
    path = os.path.join(folder, "draws.gan")
    with open(path, "w") as file:
        file.write(DRAWS)
    text = subprocess.run([ganc, "emit", "--stage=gan", path], check=True, capture_output=True, text=True).stdout
    train = text[text.index("gan.graph train") : text.index("gan.graph evaluate")]
    rngs, names = re.findall(r'gan\.rng "([^"]*)", (\d+)', train), re.findall(r'gan\.draw normal "([^"]*)"', train)
    # z, the fresh one and a mask of 131 copies, and those of the other step
    assert len(rngs) == len(set(rngs)) == 3 * 131 + 2, len(rngs)
    assert len(names) == len(set(names)) == 2 * 131 + 1, len(names)
    assert all(int(application) < 1000 for _, application in rngs)


def main():
    ganc, _, folder = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    check_draws(ganc, folder)
    program = Program(ganc, folder, "schedules", SCHEDULES)
    check_schedules(program)
    check_names(program)
    check_resumed(program)
    check_average(Program(ganc, folder, "average", AVERAGE))
    check_lets(Program(ganc, folder, "lets", LETS))
    check_shared(Program(ganc, folder, "shared", SHARED))
    check_many(Program(ganc, folder, "many", many_steps(70)), 70)


if __name__ == "__main__":
    main()
