"""ganc bench-kernel measures a kernel under schedules, and tells one that crashes, hangs or computes something else.

usage: bench_kernel.py GANC MODEL.gan FOLDER

What is broken is put in by a `cc` in PATH, which links another object in place of the kernel's.
"""
import json
import os
import re
import shutil
import subprocess
import sys

QUICK = ["--milliseconds", "5", "--threads", "2"]
BROKEN = {
    "crash": ("abort();", "running it was killed by signal 6"),
    "hang": ("for (;;) ;", "running it takes longer than 2 seconds"),
    "failure": ("return -1;", "running it ended with exit status 1:\nthe kernel reports a failure"),
    "nothing": ("return 0;", "computes something else than under its default schedule"),
}
# The first program, of the default schedule, is linked as it is.
CC = """#!/bin/sh
echo >> {folder}/calls
[ $(wc -l < {folder}/calls) = 1 ] && exec {cc} "$@"
for word in "$@"; do
  case "$word" in */program.c) symbol=$(grep -o -m 1 'k_[0-9a-f]*_argv' "$word") ;; */m0.o) object="$word" ;; esac
done
echo "#include <stdlib.h>
int $symbol(void **buffers) {{ {body} }}" > {folder}/broken.c
{cc} -c {folder}/broken.c -o "$object"
exec {cc} "$@"
"""


class Check:
    def __init__(self, ganc, model, folder):
        self.ganc, self.model, self.folder = os.path.abspath(ganc), model, folder

    def run(self, *words, file=None, path=None):
        environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]}
        return subprocess.run([self.ganc, "bench-kernel", file or self.model, *words], capture_output=True, text=True, env=environment)

    def kernels(self):
        """Symbol, label, anchor and schedule of each kernel of the model."""
        lines = self.run("--list").stdout.splitlines()
        return [re.fullmatch(r"(k_[0-9a-f]{16}) (.*) \((\w+)\): (v\d+ .*)", line).groups() for line in lines]

    def measures(self):
        kernels = self.kernels()
        for anchor in ("matmul", "map", "draw"):
            symbol, label, _, schedule = next(k for k in kernels if k[2] == anchor)
            done = self.run("--kernel", symbol, "--json", *QUICK)
            told = json.loads(done.stdout)
            assert done.returncode == 0 and told["kernel"] == symbol and told["schedule"] == schedule and "difference" not in told, told
            assert told["threads"] == 2 and told["runs"] >= 5 and 0 < told["ms_best"] <= told["ms_median"] and told["bound_ms"] > 0, told
            other = re.sub(r"task=\d+", "task=16", schedule)
            done = self.run("--kernel", symbol, "--schedule", other, "--json", *QUICK)
            told = json.loads(done.stdout)
            assert told["schedule"] == other and 0 <= told["difference"] < 1e-5, told
        done = self.run("--kernel", "E.1 linear", *QUICK) if [k[1] for k in kernels].count("E.1 linear") == 1 else self.run("--kernel", kernels[0][0], *QUICK)
        assert "GFLOP/s" in done.stdout and "it must take" in done.stdout, done

    def text(self):
        """The text of a kernel out of --stage kernels is the same kernel."""
        stage = subprocess.run([self.ganc, "emit", "--stage", "kernels", self.model], capture_output=True, text=True).stdout
        symbol, _, _, schedule = next(k for k in self.kernels() if k[2] == "matmul")
        path = os.path.join(self.folder, "kernel.mlir")
        with open(path, "w") as f:
            f.write("// " + next(t for t in stage.split("// ") if t.startswith(symbol)))
        told = json.loads(self.run("--json", *QUICK, file=path).stdout)
        assert told["kernel"] == symbol and told["schedule"] == schedule, told
        for content, words in (("module {", "is not the text of a kernel (line 1): "), ("module { }", "has 0 kernels and not one")):
            with open(path, "w") as f:
                f.write(content)
            self.fails(words, *QUICK, file=path)

    def fails(self, words, *arguments, **more):
        done = self.run(*arguments, **more)
        assert done.returncode == 1 and words in done.stderr and not done.stdout, (arguments, done)

    def mistakes(self):
        symbol, label, _, schedule = next(k for k in self.kernels() if k[2] == "matmul")
        self.fails("needs either --list or --kernel NAME")
        self.fails("the model has no kernel nothing; --list shows", "--kernel", "nothing")
        self.fails("several kernels are called adam E: choose one of k_", "--kernel", "adam E")
        self.fails("--schedule: `task` is missing", "--kernel", symbol, "--schedule", "v2 contraction vec=16")
        self.fails("--schedule: a schedule starts with its version", "--kernel", symbol, "--schedule", "fast please")
        self.fails("--schedule is for another kind of kernel", "--kernel", symbol, "--schedule", "v2 map vec=16 task=0")
        self.fails("--limit takes a whole number", "--kernel", symbol, "--limit", "0")

    def what_is_broken(self):
        symbol, _, _, schedule = next(k for k in self.kernels() if k[2] == "matmul")
        for name, (body, words) in BROKEN.items():
            folder = os.path.join(self.folder, name)
            os.makedirs(folder)
            with open(os.path.join(folder, "cc"), "w") as f:
                f.write(CC.format(folder=folder, cc=shutil.which("cc"), body=body))
            os.chmod(f.name, 0o755)
            self.fails(words, "--kernel", symbol, "--schedule", schedule, "--limit", "2" if name == "hang" else "60", *QUICK, path=folder)


if __name__ == "__main__":
    ganc, model, folder = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    check = Check(ganc, model, os.path.abspath(folder))
    for part in (check.measures, check.text, check.mistakes, check.what_is_broken):
        part()
