"""ganc tune finds and keeps schedules; ganc build uses them, and nothing that happens to the database breaks it.

usage: tune.py GANC MODEL.gan FOLDER

Which schedule is found depends on times, so what builds make of records is looked at with records that are written here.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

QUICK = ["--budget", "3s", "--threads", "2", "--only", "E.3*"]


class Check:
    def __init__(self, ganc, model, folder):
        self.ganc, self.model, self.folder = os.path.abspath(ganc), os.path.abspath(model), os.path.abspath(folder)
        self.db = os.path.join(self.folder, "team", "tuning.txt")

    def run(self, *words, status=0):
        done = subprocess.run([self.ganc, *words], capture_output=True, text=True, cwd=self.folder)
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def program(self, name, *words):
        self.run("build", self.model, "-q", "-o", name, *words)
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def info(self, name):
        return subprocess.run([os.path.join(self.folder, name), "info"], check=True, capture_output=True, text=True).stdout

    def record(self):
        """A record for one kernel of the model that names another schedule than the default, and its line."""
        listed = self.run("bench-kernel", self.model, "--list")
        symbol, schedule = re.search(r"^(k_\w+) .*\(matmul\): (v2 contraction .*)$", listed, re.M).groups()
        other = re.sub(r"unroll=\d+", lambda m: "unroll=1" if m[0] != "unroll=1" else "unroll=2", schedule)
        with open("/proc/cpuinfo") as file:
            machine = re.search(r"^model name\s*: (.*)$", file.read(), re.M)[1]
        # The target of this machine, as ganc names it where it does not accept another.
        for target in ("x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"):
            done = subprocess.run([self.ganc, "tune", self.model, "--dry-run", "--only", "nothing", "--target", target, "--db", "x.txt"], capture_output=True, text=True, cwd=self.folder)
            if "is not this machine" not in done.stderr:
                break
        return symbol, other, f"1\t{target}\t{machine}\t{symbol}\t{other}\t1\t2\n"

    def builds(self):
        plain = self.program("plain", "--no-tuning-db")
        symbol, schedule, line = self.record()
        os.makedirs(os.path.dirname(self.db))
        with open(self.db, "w") as file:
            file.write(line)
        tuned = self.program("tuned", "--db", self.db)
        assert f"{symbol}  matmul             {schedule}, tuned: 2.00x" in self.info("tuned"), self.info("tuned")
        assert tuned != plain and self.program("again", "--db", self.db, "--no-cache") == tuned
        assert "tuned" not in self.info("plain") and self.program("without", "--no-tuning-db") == plain
        # Records of another machine, of no kernel, and damage: the default is used, and each line is told.
        with open(self.db, "w") as file:
            file.write(line.replace("\t1\t2\n", "\t1\n") + line.replace(symbol, "k_0") + re.sub(r"\t[^\t]*\tk_", "\tOther\tk_", line))
        done = subprocess.run([self.ganc, "build", self.model, "-q", "-o", "foreign", "--db", self.db], capture_output=True, text=True, cwd=self.folder, check=True)
        assert done.stderr == f"warning: {self.db}, line 1 is skipped: it is no record of version 1, which has 7 fields\n", done.stderr
        with open(os.path.join(self.folder, "foreign"), "rb") as file:
            assert file.read() == plain
        # Merging keeps both, and the text does not depend on the order.
        for name, text in (("a.txt", line), ("b.txt", line.replace(symbol, "k_0"))):
            with open(os.path.join(self.folder, name), "w") as file:
                file.write(text)
        self.run("tune", "--merge", "a.txt", "b.txt", "--db", "ab.txt")
        self.run("tune", "--merge", "b.txt", "a.txt", "--db", "ba.txt")
        with open(os.path.join(self.folder, "ab.txt")) as ab, open(os.path.join(self.folder, "ba.txt")) as ba:
            assert ab.read() == ba.read()
        assert "2 kernels in ab.txt" in self.run("tune", "--show", "--db", "ab.txt")

    def tunes(self):
        out = self.run("tune", self.model, *QUICK, "--db", self.db)
        assert re.search(r"^\d kernels, [\d.]+ ms of a step, to be tuned for 0:03\n", out), out
        assert re.search(r"^ *[\d.]+% +[\d.]+ ms -> +[\d.]+ +[\d.]+x  E\.3 linear \(matmul\)", out, re.M), out
        assert "kept in" in out and ("the step:" in out or "nothing better" in out), out
        assert "for 0:0" in self.run("tune", self.model, *QUICK, "--dry-run", "--db", self.db)

    def survives(self):
        """Two at once and one that is killed leave a whole database and nothing else."""
        both = [subprocess.Popen([self.ganc, "tune", self.model, *QUICK, "--db", "shared.txt"], cwd=self.folder, stdout=subprocess.DEVNULL) for _ in range(2)]
        killed = subprocess.Popen([self.ganc, "tune", self.model, *QUICK, "--db", "shared.txt"], cwd=self.folder, stdout=subprocess.DEVNULL)
        time.sleep(2)
        killed.send_signal(signal.SIGINT)
        assert killed.wait() == -signal.SIGINT
        assert [p.wait() for p in both] == [0, 0]
        assert self.run("tune", "--show", "--db", "shared.txt").endswith("in shared.txt\n")
        assert [n for n in os.listdir(self.folder) if n.startswith(".ganc")] == []

    def mistakes(self):
        for words, message in (
            (["--budget", "soon"], "--budget takes a time like 30s, 5m or 1h, not soon"),
            (["--only", "X*", "--db", "x.txt"], "--only X* matches no kernel that training calls"),
            (["--db", "/proc/none/x.txt", *QUICK], "/proc/none/x.txt"),
        ):
            assert message in self.run("tune", self.model, *words, status=1), words
        assert "No such file or directory; `ganc tune --db` makes it" in self.run("build", self.model, "--db", "none.txt", status=1)


def main(ganc, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    check = Check(ganc, model, folder)
    check.builds()
    check.mistakes()
    check.tunes()
    check.survives()


if __name__ == "__main__":
    main(*sys.argv[1:])
