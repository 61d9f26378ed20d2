"""Step times of ganc's trainers and of the same models in PyTorch eager, by turns in one run on one machine.

usage: step_times.py GANC MODEL.gan ...        (GANC: build/release/ganc; needs torch and tests/parity/MODEL.py)

The PyTorch programs are those that the trainers are compared with, without their bookkeeping, on draws of their own in
every step. Each round times PyTorch, then the trainer, each for some seconds; the ratio is that of the medians over all rounds.
"""
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time

import torch

THREADS = int(os.environ.get("THREADS", "2"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = float(os.environ.get("SECONDS", "2"))
PARITY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "parity")


def drawn(t):
    """One random input of an iteration; data stays as it is."""
    shape = t["shape"]
    if t["kind"] == "normal":
        return torch.randn(shape)
    if t["kind"] in ("categorical", "label"):
        return torch.nn.functional.one_hot(torch.randint(shape[1], (shape[0],)), shape[1]).float()
    if t["kind"] == "mask":
        return (torch.rand(shape) < 0.5).float()
    return t["lo"] + (t["hi"] - t["lo"]) * torch.rand(shape)


class Peer:
    """The model's PyTorch program: step() draws what an iteration draws and does it."""

    def __init__(self, name, info):
        self.model = importlib.import_module(name).Model(torch.float32)
        self.model.recording = False
        self.model.number = 0
        self.listed = info["inputs"]
        self.fixed = {t["name"]: drawn(t) for t in self.listed if t["kind"] in ("image", "vector", "label")}
        state = {t["name"]: torch.zeros(t["shape"]).numpy() for t in info["state"] if t["role"] == "optimizer"}
        own = {f"{b}.{k}": v.numpy() for b, block in self.model.blocks.items() for k, v in block.state_dict().items()}
        self.model.load({**state, **own})

    def step(self):
        inputs = {t["name"]: self.fixed[t["name"]] if t["name"] in self.fixed else drawn(t) for t in self.listed if t["kind"] != "stream"}
        self.model.iteration({**inputs, "stream": 0})

    def times(self, seconds):
        """Milliseconds of each step, for that long and at least three of them."""
        times, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end or len(times) < 3:
            start = time.perf_counter()
            self.step()
            times.append((time.perf_counter() - start) * 1e3)
        return times


def median(values):
    return sorted(values)[len(values) // 2]


def compared(ganc, model, folder):
    name = os.path.basename(model)[: -len(".gan")]
    program = os.path.join(folder, name)
    subprocess.run([ganc, "build", model, "-q", "-o", program], check=True, stdout=subprocess.DEVNULL)
    peer = Peer(name, json.loads(subprocess.run([program, "info", "--json"], check=True, capture_output=True).stdout))
    peer.times(SECONDS / 2)
    theirs, ours, share = [], [], []
    for _ in range(ROUNDS):
        theirs.append(median(peer.times(SECONDS)))
        steps = max(3, int(SECONDS * 1e3 / theirs[-1]))
        out = json.loads(subprocess.run([program, "bench", "--json", "--steps", str(steps), "--threads", str(THREADS)], check=True, capture_output=True).stdout)
        ours.append(out["ms_median"])
        share.append(out["gflops"] / out["peak_gflops"])
    return name, median(theirs), median(ours), median(share)


def main(ganc, models):
    sys.path.insert(0, PARITY)
    torch.set_num_threads(THREADS)
    print(f"torch {torch.__version__}, {THREADS} threads, medians of {ROUNDS} rounds by turns")
    print("| model | PyTorch eager, ms a step | ganc, ms a step | PyTorch / ganc | ganc, share of the FMA peak |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for model in models:
            name, theirs, ours, share = compared(ganc, model, folder)
            print(f"| {name} | {theirs:.2f} | {ours:.2f} | {theirs / ours:.2f} | {100 * share:.0f} % |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
