"""Step times of ganc's trainers and of the same models in PyTorch eager, by turns in one run on one machine.

usage: step_times.py GANC [MODEL ...]        (GANC: build/release/ganc; needs torch)

Each round times PyTorch, then the trainer, each for about two seconds; the ratio is that of the medians over all rounds.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
from torch import nn

THREADS = int(os.environ.get("THREADS", "2"))
ROUNDS = 5


def ae():
    m = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 784))
    optimizer = torch.optim.Adam(m.parameters(), lr=1e-3)
    x = torch.rand(256, 1, 28, 28)

    def step():
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(m(x), x.flatten(1), reduction="sum") / 256
        loss.backward()
        optimizer.step()

    return step


def vae():
    E = nn.Sequential(nn.Flatten(), nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 40))
    P = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784))
    optimizer = torch.optim.Adam([*E.parameters(), *P.parameters()], lr=1e-3)
    x = torch.rand(128, 1, 28, 28)

    def step():
        optimizer.zero_grad()
        mean, logvar = E(x).chunk(2, dim=1)
        z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        loss = (F.binary_cross_entropy_with_logits(P(z), x.flatten(1), reduction="sum") - 0.5 * (1 + logvar - mean**2 - logvar.exp()).sum()) / 128
        loss.backward()
        optimizer.step()

    return step


class Maxout(nn.Linear):
    def __init__(self, inputs, n, pieces):
        super().__init__(inputs, n * pieces)
        self.pieces = pieces

    def forward(self, x):
        return super().forward(x).view(x.shape[0], -1, self.pieces).amax(2)


def gan():
    G = nn.Sequential(nn.Linear(100, 1200), nn.ReLU(), nn.Linear(1200, 1200), nn.ReLU(), nn.Linear(1200, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))
    D = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), Maxout(784, 240, 5), nn.Dropout(0.5), Maxout(240, 240, 5), nn.Dropout(0.5), nn.Linear(240, 1))
    optimizers = [torch.optim.SGD(b.parameters(), lr=0.1, momentum=0.5) for b in (D, G)]
    x = torch.rand(100, 1, 28, 28)

    def noise():
        return (torch.rand(100, 100) * 2 - 1) * 3**0.5

    def step():
        optimizers[0].zero_grad()
        (-0.5 * (F.logsigmoid(D(x)) + F.logsigmoid(-D(G(noise()).detach()))).mean()).backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        (-F.logsigmoid(D(G(noise()))).mean()).backward()
        optimizers[1].step()

    return step


def time_torch(step, seconds=2.0):
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def median(values):
    return sorted(values)[len(values) // 2]


def main(ganc, names):
    torch.set_num_threads(THREADS)
    models = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "models")
    print(f"torch {torch.__version__}, {THREADS} threads, medians of {ROUNDS} rounds by turns")
    print("| model | PyTorch eager, ms a step | ganc, ms a step | PyTorch / ganc | ganc, share of the FMA peak |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            program = os.path.join(folder, name)
            subprocess.run([ganc, "build", os.path.join(models, name + ".gan"), "-q", "-o", program], check=True, stdout=subprocess.DEVNULL)
            step, peer, ours, share = globals()[name](), [], [], []
            time_torch(step, 1.0)
            for _ in range(ROUNDS):
                peer += [median(time_torch(step))]
                steps = max(20, int(1500 / peer[-1]))
                out = json.loads(subprocess.run([program, "bench", "--json", "--steps", str(steps), "--threads", str(THREADS)], check=True, capture_output=True).stdout)
                ours.append(out["ms_median"])
                share.append(out["gflops"] / out["peak_gflops"])
            print(f"| {name} | {median(peer):.2f} | {median(ours):.2f} | {median(peer) / median(ours):.2f} | {100 * median(share):.0f} % |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:] or ["ae", "vae", "gan"])
