"""ganc tune finds and keeps schedules; ganc build uses them, and nothing that happens to the database breaks it.

usage: tune.py GANC MODEL.gan FOLDER MOCK     MOCK: the folder of the mock of NVIDIA's driver

Which schedule is found depends on times, so what builds make of records is looked at with records that are written here.
"""
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

FAKE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake_runner.py")
KILLS = int(os.environ.get("KILLS", "3"))
ONLY = ["--only", "E.3*"]


# For GPUs: a few kernels of each kind.
SMALL = """model small
data x: vector(8) in [-2, 2]
decoder B(x) -> vector(3) { linear 40 ; relu ; linear }
train {
    batch 32
    step B with sgd(lr 0.1) { minimize mean(square(B(x))) }
}
"""


class Check:
    def __init__(self, ganc, model, folder, mock):
        self.mock = os.path.abspath(mock)
        self.ganc, self.model, self.folder = os.path.abspath(ganc), os.path.abspath(model), os.path.abspath(folder)
        self.db = os.path.join(self.folder, "team", "tuning.txt")

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(text)

    def run(self, *words, status=0, **how):
        done = subprocess.run([self.ganc, *words], capture_output=True, text=True, cwd=self.folder, **how)
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def program(self, name, *words):
        self.run("build", self.model, "-q", "-o", name, *words)
        return self.read(name)

    def info(self, name):
        return subprocess.run([self.path(name), "info"], check=True, capture_output=True, text=True).stdout

    def record(self):
        """A record for one kernel of the model that names another schedule than the default, and its line."""
        listed = self.run("bench-kernel", self.model, "--list")
        symbol, schedule = re.search(r"^(k_\w+) .*\(matmul\): (v2 contraction .*)$", listed, re.M).groups()
        other = re.sub(r"unroll=\d+", lambda m: "unroll=1" if m[0] != "unroll=1" else "unroll=2", schedule)
        with open("/proc/cpuinfo") as file:
            machine = re.search(r"^model name\s*: (.*)$", file.read(), re.M)[1]
        target = json.loads(subprocess.run([self.path("plain"), "info", "--json"], check=True, capture_output=True, text=True).stdout)["target"]
        return symbol, other, f"2\t{target}\t{machine}\t{symbol}\tmap count=1\t{other}\t1\t2\t0.1.0\n"

    def builds(self):
        plain = self.program("plain", "--no-tuning-db")
        symbol, schedule, line = self.record()
        self.write("team/tuning.txt", line)
        tuned = self.program("tuned", "--db", self.db)
        assert f"{symbol}  matmul             {schedule}, tuned: 2.00x" in self.info("tuned"), self.info("tuned")
        assert tuned != plain and self.program("again", "--db", self.db, "--no-cache") == tuned
        assert "tuned" not in self.info("plain") and self.program("without", "--no-tuning-db") == plain
        # Of another batch size nothing is known.
        self.program("other", "--db", self.db, "--batch", "64")
        assert "tuned" not in self.info("other")
        # Records of another machine, of no kernel, damage, and texts of before: the default is used, each line is told.
        other = re.sub(r"\t[^\t]*\tk_", "\tOther\tk_", line)
        self.write("team/tuning.txt", line.replace("\t1\t2\t", "\t1\t") + line.replace(symbol, "k_0") + other + line.replace("\tv2 ", "\tv1 "))
        done = subprocess.run([self.ganc, "build", self.model, "-q", "-o", "foreign", "--db", self.db], capture_output=True, text=True, cwd=self.folder, check=True)
        assert done.stderr == (
            f"warning: {self.db}, line 1 is skipped: it is no record of version 2, which has 9 fields\n"
            f"warning: {self.db}, line 4 is skipped: a schedule starts with its version, `v2`, not `v1`\n"
        ), done.stderr
        assert self.read("foreign") == plain
        # Pruning leaves what can be read and is a gain.
        self.write("prune.txt", line + line.replace(symbol, "k_0").replace("\t1\t2\t", "\t1\t1.01\t") + "damage\n")
        out = self.run("tune", "--prune", "--db", "prune.txt")
        assert "k_0 on" in out and "1.010x is no gain" in out and "1 kernels are left" in out, out
        assert self.read("prune.txt").decode().splitlines()[1:] == [line.strip()]
        # Merging keeps both, and the text does not depend on the order.
        self.write("a.txt", line)
        self.write("b.txt", line.replace(symbol, "k_0"))
        self.run("tune", "--merge", "a.txt", "b.txt", "--db", "ab.txt")
        self.run("tune", "--merge", "b.txt", "a.txt", "--db", "ba.txt")
        assert self.read("ab.txt") == self.read("ba.txt")
        assert "2 kernels in ab.txt" in self.run("tune", "--show", "--db", "ab.txt")

    def tunes(self):
        """On this machine: what it finds depends on times, so only the way there is looked at."""
        out = self.run("tune", self.model, *ONLY, "--trials", "3", "--threads", "2", "--db", self.db, "--curve", "curve.svg")
        assert re.search(r"^a step takes [\d.]+ ms; \d kernels, to be tuned for 5:00\n", out), out
        assert re.search(r"^ *[\d.]+% +[\d.]+ ms -> +[\d.]+ +[\d.]+x  E\.3 linear \(matmul\), \d tried", out, re.M), out
        assert "kept in" in out and ("the step" in out or "nothing better" in out), out
        assert b"<svg" in self.read("curve.svg")
        assert "at least" in self.run("tune", self.model, *ONLY, "--dry-run", *self.fake("dry"))

    def predicts(self):
        """Schedules of GPUs where there is none: the same predictions each time, marked as such, and a build takes only
        those that promise much."""
        self.write("small.gan", SMALL)
        tune = ["tune", "small.gan", "--target", "host,cuda", "--gpu-arch", "sm_90", "--budget", "1h"]
        out = self.run(*tune, "--only", "B.0*", "--trials", "10", "--db", "gpu.txt")
        assert re.match(r"a step is predicted to take [\d.]+ ms; \d+ kernels, to be tuned for 60:00\n", out), out
        text = self.read("gpu.txt").decode()
        found = [line.split("\t") for line in text.splitlines()[1:]]
        assert found and all(f[1:3] == ["cuda", "sm_90, predicted"] and f[4].startswith("gpu_") for f in found), found
        self.run(*tune, "--only", "B.0*", "--trials", "10", "--db", "again.txt", "--jobs", "3")
        assert self.read("again.txt").decode() == text
        assert re.search(r"^ *[\d.]+% .*B\.0 linear \(matmul\): v2 gpu_product", self.run(*tune, "--only", "B.0*", "--dry-run"), re.M)
        # Builds: a large gain that is predicted, a small one, one that was measured on a card, one for another card.
        symbol, schedule = re.search(r"^\s*(k_\w+)  (v2 gpu_product .*)$", self.small("default", "--no-tuning-db"), re.M).groups()
        other = re.sub(r"depth=\d+", "depth=2", schedule)
        line = lambda machine, gain: f"2\tcuda\t{machine}\t{symbol}\tgpu_map count=1\t{other}\t1\t{gain}\t0.1.0\n"
        for records, told in (
            (line("sm_90, predicted", 1.5), ", predicted: 1.50x"),
            (line("sm_90, predicted", 1.2), None),
            (line("sm_80, predicted", 1.5), None),
            (line("A card", 1.1) + line("sm_90, predicted", 1.5).replace("depth=2", "depth=1"), ", tuned: 1.10x"),
        ):
            self.write("cards.txt", records)
            info = self.small("known", "--db", "cards.txt", "--tuned-for", "A card")
            assert (f"{symbol}  {other}{told}" in info) if told else ("depth=2" not in info), (records, info)
        assert "of GPUs, schedules are tuned for cuda alone" in self.run("tune", "small.gan", "--target", "host,opencl", status=1)

    def small(self, name, *words):
        self.run("build", "small.gan", "-q", "-o", name, "--target", "host,cuda", "--gpu-arch", "sm_90", *words)
        return self.info(name)

    def measures_on_a_card(self):
        """With a card schedules are measured on it, and held against the default's results: here on a mock of one."""
        card = {**os.environ, "LD_LIBRARY_PATH": self.mock}
        tune = ["tune", "small.gan", "--target", "host,cuda", "--only", "B.0*", "--trials", "4", "--budget", "1h", "--db", "card.txt"]
        out = self.run(*tune, env=card)
        assert re.match(r"a step takes [\d.]+ ms; ", out) and re.search(r"B\.0 linear \(matmul\), \d tried", out), out
        found = [line.split("\t") for line in self.read("card.txt").decode().splitlines()[1:]]
        assert found and all(f[1:3] == ["cuda", "PTX machine"] for f in found), found
        assert {f[6] for f in found} <= {"default", "refused"} | {f[6] for f in found if f[7] != "-"}, found

    def fake(self, name):
        os.makedirs(self.path(name), exist_ok=True)
        return ["--runner", f"{sys.executable} {FAKE} {self.path(name)} {{}}", "--budget", "1h", "--db", f"{name}.txt"]

    def finds(self):
        """From tiles of a scalar machine to the best, the same way each time."""
        scalar = {**os.environ, "GANC_SCALAR_TILES": "1"}
        texts = []
        for name, jobs in (("one", "1"), ("two", "3")): # how many are compiled at once does not matter
            out = self.run("tune", self.model, *ONLY, *self.fake(name), "--trials", "9", "--seed", "5", "--jobs", jobs, env=scalar)
            gains = [float(x) for x in re.findall(r"([\d.]+)x  E\.3 linear \(matmul\)", out)]
            texts.append(self.read(f"{name}.txt").decode())
            assert gains and max(gains) > 2, out # of 4, from 1 row and 4 columns in vectors of 4
        assert texts[0] == texts[1] and "\tfake\tk_" in texts[0], texts
        # A second search starts from what the first one found.
        now = re.search(r"([\d.]+) ms now", out)[1]
        again = self.run("tune", self.model, *ONLY, *self.fake("two"), "--trials", "3", env=scalar)
        assert again.startswith(f"a step takes {now} ms"), (out, again)

    def lends(self):
        """A kernel without a record gets the schedule of others of nearly its sizes, where that paid for them."""
        found = [line.split("\t") for line in self.read("one.txt").decode().splitlines()[1:]]
        work = next(f[4] for f in found if f[4].startswith("product"))
        _, _, line = self.record()
        fields = line.rstrip("\n").split("\t")
        lenders = []
        for i, factor in enumerate((0.9, 1.1, 1.2)):
            near = re.sub(r" k=(\d+)", lambda m: f" k={int(int(m[1]) * factor)}", work)
            lenders.append("\t".join([*fields[:3], f"k_{i}", near, "v2 contraction vec=4 task=0 rows=3 columns=8 unroll=1 by_rows=1 depth=0", "1", "1.4", "0.1.0"]))
        self.write("lenders.txt", "\n".join(lenders) + "\n")
        lent = self.program("lent", "--db", "lenders.txt")
        assert re.search(r"rows=3 columns=8 unroll=1 by_rows=1 depth=0, from a neighbour, k_\d", self.info("lent")), self.info("lent")
        assert self.program("again", "--db", "lenders.txt", "--no-cache") == lent
        self.program("alone", "--db", "lenders.txt", "--no-transfer")
        assert "from a neighbour" not in self.info("alone")

    def endures(self):
        """A schedule that crashes, hangs, computes something else or talks nonsense costs itself only, and is kept."""
        options = self.fake("faults")
        for name, text in (("crash", "rows=5 "), ("wrong", "columns=48"), ("nonsense", "rows=12"), ("hang", "contraction")):
            self.write(f"faults/{name}", text)
        self.run("tune", self.model, *ONLY, *options, "--trials", "18", "--limit", "5", env={**os.environ, "GANC_SCALAR_TILES": "1"})
        records = [line.split("\t") for line in self.read("faults.txt").decode().splitlines()[1:]]
        words = {f[6] for f in records}
        assert {"broken", "wrong", "late"} <= words, records
        assert any(f[7] != "-" for f in records), records # something was found all the same
        for f in records:
            bad = any(text in f[5] for text in ("rows=5 ", "columns=48", "rows=12"))
            assert not bad or f[6] in ("broken", "wrong", "late"), f
        # A runner that does not work is told, and nothing is recorded.
        for runner, message in (("false # {}", "the runner does not run the program of a kernel: running it ended with exit status 1"), ("echo {}", "running it brings no times back"), ("ssh", "--runner takes a command with {} in it")):
            error = self.run("tune", self.model, *ONLY, "--runner", runner, "--db", "runner.txt", status=1)
            assert message in error, error
        assert not os.path.exists(self.path("runner.txt"))
        self.run("tune", self.model, *ONLY, "--runner", "sh -c {}", "--trials", "1", "--db", "runner.txt")
        assert not b"broken" in self.read("runner.txt")

    def survives(self):
        """Whatever happens to those who write a database, it is whole."""
        _, _, line = self.record()
        numbered = lambda begin: "".join(line.replace("\tmap", f"{i:05}\tmap") for i in range(begin, begin + 4000))
        self.write("p.txt", numbered(0))
        self.write("q.txt", numbered(4000))
        merge = [self.ganc, "tune", "--db", "shared.txt", "--merge"]
        start = time.monotonic()
        self.run("tune", "--db", "shared.txt", "--merge", "p.txt")
        whole = time.monotonic() - start
        for i in range(4 * KILLS):
            killed = subprocess.Popen([*merge, "q.txt"], cwd=self.folder, stdout=subprocess.DEVNULL)
            time.sleep(whole * i / (4 * KILLS))
            killed.send_signal(signal.SIGKILL if i % 2 else signal.SIGINT)
            killed.wait()
            assert re.search(r"^(4|8)000 kernels", self.run("tune", "--show", "--db", "shared.txt"), re.M)
        both = [subprocess.Popen([*merge, name], cwd=self.folder, stdout=subprocess.DEVNULL) for name in ("p.txt", "q.txt")]
        assert [p.wait() for p in both] == [0, 0]
        assert "8000 kernels" in self.run("tune", "--show", "--db", "shared.txt")
        # A full disk, as far as one process can have it.
        before = self.read("shared.txt")
        small = lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000)))
        self.write("r.txt", numbered(8000))
        error = self.run("tune", "--db", "shared.txt", "--merge", "r.txt", status=1, preexec_fn=small)
        assert "shared.txt: cannot be written: File too large" in error, error
        assert self.read("shared.txt") == before
        if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0: # a small disk, for those who may mount one
            self.write("full.sh", 'set -e; mount -t tmpfs -o size=64k none disk; cp one.txt disk/db.txt; cp one.txt disk/before.txt\n'
                       'dd if=/dev/zero of=disk/filler bs=1k status=none 2> dd.txt || true\n'
                       '"$@" > said.txt 2>&1 && exit 1; cmp disk/db.txt disk/before.txt; ls -A disk')
            os.makedirs(self.path("disk"), exist_ok=True)
            tune = [self.ganc, "tune", self.model, *ONLY, "--runner", self.fake("one")[1], "--trials", "6", "--db", "disk/db.txt"]
            done = subprocess.run(["unshare", "-m", "sh", "full.sh", *tune], cwd=self.folder, capture_output=True, text=True)
            said = self.read("said.txt").decode()
            assert done.returncode == 0 and set(done.stdout.split()) == {"db.txt", "before.txt", "filler", "db.txt.lock"}, (done, said)
            assert re.search(r"disk/db\.txt: cannot be written: No space left on device$", said, re.M), said

    def shares(self):
        """Two searches at once on one database: it has what each of them finds alone."""
        scalar = {**os.environ, "GANC_SCALAR_TILES": "1"}
        command = lambda only: [self.ganc, "tune", self.model, "--only", only, "--runner", self.fake("one")[1], "--budget", "1h", "--db", "both.txt", "--trials", "9", "--seed", "5"]
        searches = [subprocess.Popen(command(only), cwd=self.folder, stdout=subprocess.DEVNULL, env=scalar) for only in (ONLY[1], "P.0*")]
        assert [search.wait() for search in searches] == [0, 0]
        both, alone = (set(self.read(name).decode().splitlines()) for name in ("both.txt", "one.txt"))
        assert alone <= both and any("\t-\t" not in line for line in both - alone), (alone, both)

    def interrupted(self):
        """A search that is stopped or killed leaves what it has written, and the next one goes on from there."""
        scalar = {**os.environ, "GANC_SCALAR_TILES": "1"}
        words = lambda: {line for line in self.read("kills.txt").decode().splitlines() if "\t-\t" in line} if os.path.exists(self.path("kills.txt")) else set()
        rng = random.Random(KILLS)
        self.write("kills/crash", "rows=5 ")
        for i in range(KILLS):
            before = words()
            killed = subprocess.Popen([self.ganc, "tune", self.model, *self.fake("kills"), "--trials", "60"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=scalar)
            time.sleep(rng.uniform(0.2, 5))
            killed.send_signal(signal.SIGKILL if i % 2 else signal.SIGINT)
            killed.wait()
            assert subprocess.run([self.ganc, "tune", "--show", "--db", "kills.txt"], cwd=self.folder, capture_output=True, text=True, check=True).stderr == ""
            assert before <= words()
        left = [n for n in os.listdir(self.folder) if n.startswith(".ganc")]
        assert len(left) <= KILLS, left # by those who could not clean up

    def mistakes(self):
        fake = self.fake("mistakes")[:2]
        for words, message in (
            (["--budget", "soon"], "--budget takes a time like 30s, 5m or 1h, not soon"),
            (["--only", "X*", "--db", "x.txt", *fake], "--only X* matches no kernel that training calls"),
            (["--db", "/proc/none/x.txt", *ONLY, "--trials", "1", *fake], "/proc/none/x.txt"),
        ):
            assert message in self.run("tune", self.model, *words, status=1), words
        assert "No such file or directory; `ganc tune --db` makes it" in self.run("build", self.model, "--db", "none.txt", status=1)


def main(ganc, model, folder, mock):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    check = Check(ganc, model, folder, mock)
    for part in (check.builds, check.mistakes, check.predicts, check.measures_on_a_card, check.tunes, check.finds, check.lends, check.shares, check.endures, check.survives, check.interrupted):
        start, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        part()
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        work = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
        print(f"{part.__name__}: {time.monotonic() - start:.1f} s, of processors {work:.1f} s", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
