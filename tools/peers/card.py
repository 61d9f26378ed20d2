"""Times the step of a model's PyTorch program on a card, for tools/gpu: run as it is, compiled, and each of both as one
CUDA graph, with TF32 off and on.

usage: card.py MODEL DEVICE        DEVICE: cuda, or cpu to try it, where there are no graphs

Prepares all of them, says so in a line of JSON, and for each line with a number of seconds that it reads times each for
so long: one line of JSON each, and a last one with "end".
"""
import importlib
import json
import sys
import time

import torch

TOGETHER = 10  # steps that the host runs ahead, as in training, before it waits for the card


def say(**what):
    print(json.dumps(what), flush=True)


def optimizers(model):
    for value in vars(model).values():
        yield from (o for o in (value.values() if isinstance(value, dict) else [value]) if isinstance(o, torch.optim.Optimizer))


def captured(step):
    """The whole step as one graph that the card runs by itself. The first steps, which allocate, are no part of it."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


class Variant:
    """One way to run the step."""

    def __init__(self, name, mode, tf32, device):
        self.mode, self.tf32, self.device = mode, tf32, device
        self.choose()
        model = importlib.import_module(name).Model().to(device)
        data = [t.to(device) for t in model.data()]
        for optimizer in optimizers(model) if "graph" in mode else []:
            for group in optimizer.param_groups:
                if "capturable" in group:  # it then counts its steps on the card
                    group["capturable"] = True
        step = torch.compile(model.step) if "compile" in mode else model.step
        self.step = lambda: step(*data)
        if "graph" in mode:
            self.step = captured(self.step)
        self.together(3)

    def choose(self):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = self.tf32
        torch.backends.cudnn.benchmark = True

    def together(self, steps):
        for _ in range(steps):
            self.step()
        if self.device != "cpu":
            torch.cuda.synchronize()

    def time(self, seconds):
        self.choose()
        times, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end or not times:
            start = time.perf_counter()
            self.together(TOGETHER)
            times.append((time.perf_counter() - start) / TOGETHER * 1e3)
        return sorted(times)[len(times) // 2]


def main(name, device):
    torch.manual_seed(0)
    variants, failed = [], []
    modes = ["eager", "compile"] if device == "cpu" else ["eager", "compile", "graph", "compile+graph"]
    for tf32 in (False, True):
        for mode in modes:
            try:
                variants.append(Variant(name, mode, tf32, device))
            except Exception as error:  # whatever one of them does not take is told, and the others go on
                failed.append({"mode": mode, "tf32": tf32, "error": str(error).strip().split("\n")[0][:200]})
    say(version=f"torch {torch.__version__}", failed=failed)
    for line in sys.stdin:
        for v in variants:
            try:
                say(mode=v.mode, tf32=v.tf32, ms=v.time(float(line)))
            except Exception as error:
                say(mode=v.mode, tf32=v.tf32, error=str(error).strip().split("\n")[0][:200])
        say(end=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
