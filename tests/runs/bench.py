"""tools/bench runs a model without others, with one that fails, and says what is wrong with what it is given.

usage: bench.py GANC MODEL.gan FOLDER
"""
import json
import os
import shutil
import subprocess
import sys

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "bench")
FAST = ["--rounds", "2", "--seconds", "0.01", "--threads", "1"]


class Bench:
    def __init__(self, ganc, model, folder):
        self.ganc, self.model, self.folder = ganc, model, folder

    def run(self, *words):
        return subprocess.run([sys.executable, TOOL, "--ganc", self.ganc, *FAST, *words], capture_output=True, text=True)

    def alone(self):
        path = os.path.join(self.folder, "alone.json")
        done = self.run(self.model, "--peers", "none", "--json", path)
        assert done.returncode == 0, done.stderr
        assert "\n| vae | ganc | " in done.stdout, done.stdout
        assert "geometric mean" not in done.stdout, done.stdout
        with open(path) as f:
            told = json.load(f)
        (program,) = told["models"][0]["programs"]
        numbers = ["median_ms", "best_ms", "build_s", "peak_mib", "make_ms", "first_ms", "floor_ms", "mflop"]
        assert all(program[key] > 0 for key in numbers), program
        assert len(program["rounds_ms"]) == 2 and told["threads"] == 1 and told["geometric_mean"] is None
        assert told["machine"]["cores"] > 0 and "ganc" in told["versions"]["ganc"], told

    def others_that_fail(self):
        """A Python that claims to have PyTorch, so that each program of another framework starts and fails."""
        python = os.path.join(self.folder, "environment", "bin", "python")
        os.makedirs(os.path.dirname(python))
        with open(python, "w") as f:
            f.write('#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "NameError: nothing here" >&2\nexit 3\n')
        os.chmod(python, 0o755)
        done = self.run(self.model, "--peers", "eager,jax", "--environment", os.path.join(self.folder, "environment"))
        assert done.returncode == 0, done.stderr
        for mode in ("eager", "jax"):
            assert f"| vae | {mode} | failed: exit status 3: NameError: nothing here |" in done.stdout, done.stdout
        assert "\n| vae | ganc | " in done.stdout and "geometric mean" not in done.stdout, done.stdout

    def profile(self):
        """The bounds of the kernels are those of the step, whatever they are."""
        program = os.path.join(self.folder, "program")
        subprocess.run([self.ganc, "build", self.model, "-q", "-o", program], check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run([program, "bench", "--profile", "--json", "--steps", "3", "--threads", "2"], check=True, capture_output=True, text=True)
        told = json.loads(done.stdout)
        rows = told["profile"]
        assert len(rows) > 10 and all(r["us"] > 0 and r["bound_us"] > 0 and r["bound_by"] in ("flops", "bytes") and r["schedule"].startswith("v") for r in rows), rows
        assert abs(sum(r["bound_us"] for r in rows) * 1e-3 - told["bound_ms"]) < 1e-9 * told["bound_ms"], told
        assert abs(sum(r["share"] for r in rows) - 1) < 1e-9 and rows == sorted(rows, key=lambda r: -r["us"]), rows
        assert told["roofline"]["peak_gflops"] == told["peak_gflops"], told
        product = next(r for r in rows if r["anchor"] == "matmul")
        assert product["bound_us"] > 0.99 * product["gflops"] * product["us"] / told["peak_gflops"], product

    def mistakes(self):
        wrong = os.path.join(self.folder, "wrong.gan")
        with open(wrong, "w") as f:
            f.write("model wrong\n")
        for words, status, text in (
            (["nowhere.gan"], 1, "there is no file nowhere.gan"),
            ([self.model, "--peers", "keras"], 2, "no peer is called keras"),
            ([self.model, "--rounds", "0"], 2, "--threads, --rounds and --seconds are positive"),
            ([wrong, "--peers", "none"], 1, "| wrong | ganc | failed: "),
        ):
            done = self.run(*words)
            assert done.returncode == status and text in done.stderr + done.stdout, (words, done)
            assert "Traceback" not in done.stderr, done.stderr


def ratios():
    """What is computed from times, on times that are given."""
    sys.path.insert(0, os.path.join(os.path.dirname(TOOL), "timing"))
    import table

    programs = [{"program": "ganc", "median_ms": 2.0}, {"program": "eager", "median_ms": 5.0}, {"program": "compile", "error": "x"}, {"program": "jax", "median_ms": 3.0}]
    assert table.best_peer(programs)["program"] == "jax" and table.ratio(programs) == 1.5
    assert table.ratio([{"program": "ganc", "error": "x"}, programs[1]]) is None and table.ratio(programs[:1]) is None
    assert abs(table.geometric_mean([1.0, 4.0]) - 2) < 1e-12 and table.geometric_mean([]) is None


if __name__ == "__main__":
    ganc, model, folder = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    ratios()
    bench = Bench(ganc, model, folder)
    for check in (bench.alone, bench.others_that_fail, bench.profile, bench.mistakes):
        check()
