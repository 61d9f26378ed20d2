"""Times the step of a model's program in another framework, in a process of its own, for tools/bench.

usage: harness.py MODEL MODE THREADS        MODE: eager, channels_last, compile, compile+channels_last, or jax

Says each thing as one line of JSON on standard output: first what its start was like, then for each number of seconds
that it reads, the milliseconds of each step in that time, and after the last its peak memory.
"""
import importlib
import json
import os
import resource
import sys
import time


def memory():
    """Largest resident memory so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Torch:
    def __init__(self, name, mode, threads):
        import torch

        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.version, self.torch, self.name, self.mode = f"torch {torch.__version__}", torch, name, mode

    def make(self):
        model = importlib.import_module(self.name).Model()
        data = model.data()
        if "channels_last" in self.mode:
            model.to(memory_format=self.torch.channels_last)
            data = [t.to(memory_format=self.torch.channels_last) if t.dim() == 4 else t for t in data]
        step = self.torch.compile(model.step) if "compile" in self.mode else model.step
        self.step = lambda: step(*data)
        return model.batch


class Jax:
    def __init__(self, name, mode, threads):
        # JAX has no number of threads to set; it has as many as there are cores that it may use
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        import jax

        self.version, self.jax, self.name = f"jax {jax.__version__}", jax, name

    def make(self):
        program = importlib.import_module(self.name + "_jax")
        self.state, data = program.start(self.jax.random.PRNGKey(0))
        compiled = self.jax.jit(program.step, donate_argnums=0)

        def step():
            self.state = self.jax.block_until_ready(compiled(self.state, *data))

        self.step = step
        return program.BATCH


def timed(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def say(**what):
    print(json.dumps(what), flush=True)


def main(name, mode, threads):
    framework = Jax if mode == "jax" else Torch
    import_s, peer = timed(lambda: framework(name, mode, threads))
    imported = memory()
    make_s, batch = timed(peer.make)
    first_s, _ = timed(peer.step)
    peer.step()  # a framework may still prepare things in its second step
    say(version=peer.version, batch=batch, import_s=import_s, import_mib=imported, make_s=make_s, first_s=first_s)
    for line in sys.stdin:
        times, end = [], time.perf_counter() + float(line)
        while time.perf_counter() < end or len(times) < 2:
            times.append(timed(peer.step)[0] * 1e3)
        say(ms=times)
    say(peak_mib=memory())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
