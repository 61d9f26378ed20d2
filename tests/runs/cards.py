"""Ranks with a card each, on mocks of NVIDIA's driver and of NCCL (tests/ptx/mock): traces against one process, which sums
the cards make together in which order, what an iteration costs, and what is said where something is missing or fails.

usage: cards.py GANC FOLDER MOCK MODEL.gan..     GANC_MPI: openmpi (Debian's name), or mpich
RANKS of the traces (2,3 of the first model, 3 of others); STOPS: how often a rank is stopped for ever (0: that takes half a minute)
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import ranks as mpi
from repeats import files
from tensors import read_tensors

TRAIN = ["train", "--data", "builtin:glyphs", "--seed", "3", "--threads", "1", "--pictures", "4"]


class Cards:
    """A small model for two ranks, and the environment in which they find mocks."""

    def __init__(self, ganc, folder, mock, model):
        self.folder, self.mock = folder, mock
        options = [f"--mpi={mpi.MPICC}", "--target", "host,cuda", "--gpu-arch", "sm_90", "--global-batch", str(mpi.BATCH)]
        self.program = mpi.build(ganc, model, self.file("program"), *options, "--ranks", "2")
        self.nothing = self.file("nothing")  # what is found there is no library
        os.makedirs(self.nothing)
        with open(os.path.join(self.nothing, "libnccl.so.2"), "w") as file:
            file.write("not a library")

    def file(self, *parts):
        return os.path.join(self.folder, *parts)

    def environment(self, **more):
        return {**os.environ, "LD_LIBRARY_PATH": f"{self.mock}:{self.mock}/nccl", "GANC_MOCK_DEVICES": "2", **more}

    def launched(self, *words, second=None):
        """Two ranks, each of which counts its calls of the driver in a file of its own."""
        own = lambda rank, words: ["-n", "1", "env", f"GANC_MOCK_COUNTS={self.file(f'counts.{rank}')}", self.program, *words]
        return [mpi.MPIRUN, *mpi.OPTIONS, *own(0, words), ":", *own(1, second or words)]

    def run(self, *words, status=0, second=None, **more):
        start = time.monotonic()
        done = mpi.run(self.launched(*words, second=second), status, env=self.environment(**more), timeout=60)
        assert status == 0 or time.monotonic() - start < 30, words
        return done.stdout + done.stderr

    def train(self, out, steps, *words, **more):
        return self.run(*TRAIN, "--device", "cuda", "--steps", str(steps), "--out", self.file(out), "--force", *words, **more)

    def counts(self, rank):
        with open(self.file(f"counts.{rank}")) as file:
            return json.load(file)

    def calls(self, rank, what):
        """The lines of the log of NCCL's mock that begin with this word."""
        with open(self.file(f"log.{rank}")) as file:
            return [line.split(" ", 1)[1] for line in file if line.startswith(what)]


def agrees_with_one_process(t, ganc, models):
    os.environ.update(t.environment(GANC_MOCK_DEVICES="3"))
    for number, model in enumerate(models):
        if "RANKS" not in os.environ:
            mpi.RANKS = [3] if number else [2]
        mpi.check_trace(ganc, model, t.folder, "--target", "host,cuda", "--gpu-arch", "sm_90")


def sums_the_same_in_the_same_order(t):
    """All ranks ask for the same sums, of the same places in memory, in the same order, first alone and then as parts of
    graphs; and graphs run them in that order on all ranks."""
    t.train("logged", 6, GANC_MOCK_NCCL_LOG=t.file("log"))
    for what in ("call", "run"):
        assert t.calls(0, what) == t.calls(1, what), what
    asked, ran = t.calls(0, "call"), t.calls(0, "run")
    captured = [line for line in asked if not line.endswith(" 0\n")]
    assert len(asked) == len(captured) + 1, "one sum outside of graphs, to see that it works"
    sums = len(captured) // 2  # of an iteration; there are two graphs, which take turns
    assert captured[:sums] != captured[sums:] and [c.rsplit(" ", 1)[0] for c in captured[:sums]] == [c.rsplit(" ", 1)[0] for c in captured[sums:]]
    assert ran == asked[:1] + (captured[:sums] + captured[sums:]) * 3, "six iterations"
    return sums


def costs(t, sums):
    """An iteration is one launch of a graph on each rank, with as many sums; nothing is allocated or captured anew."""
    seen = []
    for steps in (10, 25):
        t.train("counted", steps, "-q", GANC_MOCK_NCCL_LOG=t.file("log"))
        seen.append([(t.counts(rank), len(t.calls(rank, "run"))) for rank in (0, 1)])
    for rank in (0, 1):
        (few, ran), (many, ran_more) = seen[0][rank], seen[1][rank]
        more = {name: many.get(name, 0) - few.get(name, 0) for name in many}
        assert more["cuGraphLaunch"] == 15 and ran_more - ran == 15 * sums, (rank, more, ran, ran_more)
        for name in ("cuMemAlloc_v2", "cuGraphInstantiateWithFlags", "cuStreamBeginCapture_v2", "cuGraphAddChildGraphNode", "cuLaunchKernel", "cuEventSynchronize"):
            assert more.get(name, 0) == 0, (rank, name, more)


def same_bytes(t):
    """The same ranks leave the same bytes, stopped and resumed or not, and whether cards run graphs or call by call."""
    t.train("once", 9)
    t.train("parts", 4)
    t.run("train", "--resume", t.file("parts"), "--steps", "9", "--device", "cuda")
    assert files(t.file("parts")) == files(t.file("once")), "a resumed run differs"
    t.train("alone", 9, GANC_CALL_BY_CALL="1")
    assert files(t.file("alone")) == files(t.file("once")), "call by call differs"


def goes_by_the_host(t):
    """Without NCCL, or with one that is too old, sums go through the host, and that is said once."""
    wanted = read_tensors(t.file("once", "checkpoints", "final.safetensors"))
    for words, more in (
        ("rank 0 on host \\S+: there is no NCCL \\(libnccl.so.2\\)", {"LD_LIBRARY_PATH": f"{t.mock}:{t.nothing}"}),
        ("NCCL is too old: version 2.13.0 is needed, and it is 2.8.4", {"GANC_MOCK_NCCL_VERSION": "20804"}),
    ):
        said = t.train("host", 9, **more)
        assert len(re.findall("sums over ranks go through the memory of the host and MPI: .*" + words, said)) == 1, said
        found = mpi.distances(read_tensors(t.file("host", "checkpoints", "final.safetensors")), wanted)
        assert max(found.values()) < 1e-3, found


def uses_cards_alone(t):
    """What needs no sums works on each rank's card, and leaves what one process leaves."""
    for out, command in (("all.npy", t.launched), ("one.npy", lambda *words: [t.program, *words])):
        mpi.run(command("sample", "--count", "20", "--checkpoint", t.file("once"), "--device", "cuda", "--out", t.file(out)), env=t.environment())
    with open(t.file("all.npy"), "rb") as all, open(t.file("one.npy"), "rb") as one:
        assert all.read() == one.read()
    assert "2 ranks:" in t.run("bench", "--steps", "3", "--profile", "--device", "cuda")


def says_what_is_wrong(t):
    def says(pattern, *words, devices=("cuda", "cuda"), **more):
        first, second = ([*TRAIN, "--steps", "4", "--out", t.file("x"), "--device", device, *words] for device in devices)
        said = t.run(*first, second=second, status=1, **more)
        assert re.search(pattern, said), said
        return said
    for device in ("cuda", "auto"):
        says("error: rank 1 on host \\S+: there is no card cuda:1: the last one is cuda:0; each of the 2 ranks on this machine takes a card of its own", devices=(device, device), GANC_MOCK_DEVICES="1")
    says("rank 0 and rank 1 on host \\S+ have the same card, 0000:10:00.0: NCCL needs one for each; leave the number out of --device", devices=("cuda:0", "cuda:0"))
    says("rank 1 on host \\S+ was started with another program or other options: --device: cpu, rank 0 has cuda", devices=("cuda", "cpu"))
    assert not os.path.exists(t.file("x")), "a run that cannot begin leaves nothing"
    says("connecting the cards of the ranks failed: unhandled system error \\(NCCL error 2\\)", GANC_MOCK_NCCL_FAIL="ncclCommInitRank:1:2")
    says("adding up over the cards failed: .*\\(NCCL error 3\\)", GANC_MOCK_NCCL_FAIL="ncclAllReduce:9:3")
    said = says("error: rank [01] on host \\S+: adding up over the cards failed: remote process exited or there was a network error \\(NCCL error 6\\): the network is gone", "--force", GANC_MOCK_NCCL_FAIL="ring:30:6")
    assert "has not answered" not in said, said
    said = says("", "--force", GANC_MOCK_FAIL="cuGraphLaunch:3:999")
    assert re.search("error: rank [01] on host \\S+: launching a graph failed: unknown error", said), said


def ends_with_a_rank(t, way):
    """A rank that is killed or stopped ends all; the run goes on from the last checkpoint to the same bytes."""
    t.train("never", 60, "--save-every", "0", "-q")
    shutil.rmtree(t.file("ended"), ignore_errors=True)
    started = subprocess.Popen(t.launched(*TRAIN, "--device", "cuda", "--save-every", "0", "-q", "--steps", "60", "--out", t.file("ended")), env=t.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not os.path.exists(t.file("ended", "checkpoints", "last.safetensors")):
        assert started.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(mpi.ranks_of(t.program)[-1], signal.SIGSTOP if way == "stopped" else signal.SIGKILL)
    said = started.communicate(timeout=40)
    assert started.returncode, said
    if way == "stopped":
        assert re.search("rank [01] on host \\S+ has not answered for 20 seconds", said[1]), said
    t.run("train", "--resume", t.file("ended"), "-q", "--device", "cuda")
    assert files(t.file("ended")) == files(t.file("never")), way


FEW = """model few
data x: image(1, 8, 8) in [0, 1]
encoder E(x) -> vector(4) { flatten ; linear }
decoder P(vector(4)) -> bernoulli(1, 8, 8) { linear }
train {
    batch 6
    step E, P with sgd(lr 0.01) { maximize log_prob(P(E(x)), x) }
}
"""


def tool_for_cards(t, ganc):
    """tools/cards, which is for a machine with two cards, goes through on mocks of them, with a model of few kernels."""
    model = t.file("few.gan")
    with open(model, "w") as file:
        file.write(FEW)
    tool = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "cards")
    environment = t.environment(MPICC=mpi.MPICC, MPIRUN=" ".join([mpi.MPIRUN, *mpi.OPTIONS]), GPU_ARCH="sm_90", RANKS="2", BATCH="6", STEPS="4", BENCH="3")
    mpi.run([sys.executable, tool, "prepare", ganc, t.file("tool"), model], env=environment)
    said = mpi.run([sys.executable, t.file("tool", "cards"), "run", t.file("tool")], env=environment).stdout
    assert said.endswith("all are right\n") and "True" in said, said


def main():
    ganc, folder, mock, *models = sys.argv[1:]
    if not shutil.which(mpi.MPIRUN) or not shutil.which(mpi.MPICC):
        print(f"no {mpi.MPIRUN}", file=sys.stderr)
        sys.exit(77)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    cards = Cards(ganc, folder, mock, models[0])
    timed = time.monotonic()

    def check(function, *more):
        nonlocal timed
        result = function(cards, *more)
        print(f"{function.__name__.replace('_', ' ')} ({time.monotonic() - timed:.0f} s)", flush=True)
        timed = time.monotonic()
        return result
    check(costs, check(sums_the_same_in_the_same_order))
    for function in (same_bytes, goes_by_the_host, uses_cards_alone, says_what_is_wrong):
        check(function)
    for way in ["killed"] + ["stopped"] * int(os.environ.get("STOPS", "0")):
        check(ends_with_a_rank, way)
    check(tool_for_cards, ganc)
    check(agrees_with_one_process, ganc, models)


if __name__ == "__main__":
    main()
