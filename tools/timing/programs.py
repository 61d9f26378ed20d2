"""What is timed: our trainer of a model, and the model's programs in other frameworks. Each tells one result, a dict."""
import json
import os
import queue
import re
import signal
import subprocess
import tempfile
import threading
import time

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers")
MODES = ["eager", "channels_last", "compile", "compile+channels_last", "jax"]
PATIENCE = 1800  # seconds that a peer may be silent: torch.compile takes minutes on a slow machine


class Failure(Exception):
    """Why a program could not be timed."""


def last_words(text):
    """The line that tells why a program failed: the last that names an error, else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b|.*\berror:", line)] or lines or ["it said nothing"]
    return told[-1][:200]


def said(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        raise Failure(f"{command[0]}: exit status {done.returncode}: {last_words(done.stderr)}")
    return done.stdout


class Ours:
    """A trainer that ganc builds with an empty cache, and whose `bench` is run anew in each round."""

    name = "ganc"

    def __init__(self, ganc, model, folder, threads):
        self.program, self.threads, self.times = os.path.join(folder, "program"), threads, []
        with tempfile.TemporaryDirectory() as cache:
            start = time.perf_counter()
            said([ganc, "build", model, "-q", "-o", self.program], env={**os.environ, "XDG_CACHE_HOME": cache})
            self.build_s = time.perf_counter() - start
        self.bench(1)  # tells how long a step takes

    def bench(self, steps):
        self.last = json.loads(said([self.program, "bench", "--json", "--steps", str(steps), "--threads", str(self.threads)]))

    def round(self, seconds):
        self.bench(max(2, int(seconds * 1e3 / self.last["ms_median"])))
        self.times.append(self.last)

    def result(self):
        medians = [t["ms_median"] for t in self.times]
        out = {"program": self.name, "median_ms": median(medians), "best_ms": min(t["ms_best"] for t in self.times), "rounds_ms": medians}
        out.update(build_s=self.build_s, program_bytes=os.path.getsize(self.program), peak_mib=max(t["peak_mib"] for t in self.times))
        for key in ("make_ms", "first_ms", "startup_ms"):
            out[key] = median([t[key] for t in self.times])
        peak = max(t["peak_gflops"] for t in self.times)  # a noisy moment only lowers it
        flops = median([t["gflops"] * t["ms_median"] for t in self.times])
        return {**out, "mflop": flops, "peak_gflops": peak, "floor_ms": flops / peak}

    def end(self):
        pass


class Peer:
    """A program in a process of its own, which is stopped between rounds: threads that poll for work take none away."""

    def __init__(self, python, model, mode, folder, threads):
        self.name, self.times, cache = mode, [], tempfile.mkdtemp(dir=folder)
        # compiled code is kept nowhere, so that the first step tells what compiling takes
        environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": cache, "TRITON_CACHE_DIR": cache, "OMP_NUM_THREADS": str(threads)}
        self.errors = tempfile.TemporaryFile("w+")
        command = [python, os.path.join(PEERS, "harness.py"), model, mode, str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=environment)
        self.lines = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()
        self.start = self.hear()
        self.process.send_signal(signal.SIGSTOP)

    def listen(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def hear(self):
        try:
            line = self.lines.get(timeout=PATIENCE)
        except queue.Empty:
            line = None
            self.process.kill()
        if line is None:
            status = self.process.wait()
            self.errors.seek(0)
            raise Failure(f"exit status {status}: {last_words(self.errors.read())}")
        return json.loads(line)

    def round(self, seconds):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        self.times.append(self.hear()["ms"])
        self.process.send_signal(signal.SIGSTOP)

    def result(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.close()
        medians = [median(t) for t in self.times]
        out = {"program": self.name, "version": self.start["version"], "median_ms": median(medians), "best_ms": min(map(min, self.times)), "rounds_ms": medians}
        out.update(peak_mib=self.hear()["peak_mib"], import_mib=self.start["import_mib"], import_s=self.start["import_s"])
        return {**out, "make_ms": self.start["make_s"] * 1e3, "first_ms": self.start["first_s"] * 1e3}

    def end(self):
        self.process.kill()
        self.process.wait()


def written(model, mode):
    """Whether the model has a program for this mode."""
    return os.path.exists(os.path.join(PEERS, model + ("_jax.py" if mode == "jax" else ".py")))


def median(values):
    return sorted(values)[len(values) // 2]
