"""Ranks under MPI against one process with the whole batch: traces within rounding, runs that repeat to the byte,
resume with any number of ranks, and end with a sentence whatever happens to one of them.

usage: ranks.py GANC MODEL.gan FOLDER [traces MODEL.gan..]     GANC_MPI: openmpi (Debian's name), or mpich
KILLS: how often a rank is killed (1); SEED of the moments (0)
"""
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

from repeats import files
from tensors import read_tensors, write_tensors

MPI = os.environ.get("GANC_MPI", "openmpi")
MPICC, MPIRUN = f"mpicc.{MPI}", f"mpirun.{MPI}"
OPTIONS = ["--oversubscribe", "--allow-run-as-root"] if MPI == "openmpi" else []
BATCH = 12  # of all ranks


def launch(ranks, *words):
    return [MPIRUN, *OPTIONS, "-n", str(ranks), *words] if ranks else list(words)


def run(command, status=0, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    assert (done.returncode == 0) == (status == 0), (command, done.returncode, done.stdout, done.stderr)
    return done


def build(ganc, model, out, *options):
    run([ganc, "build", model, "-q", "-o", out, *options])
    return os.path.abspath(out)


def input_value(shape, kind, lo, hi, rng):
    count = math.prod(shape)
    if kind == "stream":
        return [float(rng.randint(0, 1))]
    if kind == "mask":
        return [float(rng.random() < 0.5) for _ in range(count)]
    if kind in ("label", "categorical"):
        out = [0.0] * count
        for row in range(shape[0]):
            out[row * shape[1] + rng.randrange(shape[1])] = 1.0
        return out
    if kind == "normal":
        return [rng.gauss(0, 1) for _ in range(count)]
    return [rng.uniform(lo, hi) for _ in range(count)]


def inputs_of(program, steps):
    info, rng = json.loads(run([program, "info", "--json"]).stdout), random.Random(5)
    out = {}
    for i in range(steps):
        for t in info["inputs"]:
            for end in [f".{k}" for k in range(t["times"])] if "times" in t else [""]:
                out[f"{t['name']}.{i}{end}"] = (t["shape"], input_value(t["shape"], t["kind"], t.get("lo"), t.get("hi"), rng))
    return out


def traced(ranks, program, inputs, steps, out):
    run(launch(ranks, program, "trace", "--inputs", inputs, "--steps", str(steps), "--out", out, "--threads", "1"))
    return read_tensors(out)


def distances(found, wanted):
    """The length of the difference of each tensor relative to its own."""
    assert found.keys() == wanted.keys()
    out = {}
    for name, (shape, numbers) in wanted.items():
        assert found[name][0] == shape, (name, found[name][0], shape)
        length = math.hypot(*numbers)
        out[name] = math.dist(found[name][1], numbers) / length if length else math.hypot(*found[name][1])
    return out


def check_trace(ganc, model, folder, steps=1):
    """R ranks, one process with the whole batch, and the same compiled for another processor, which rounds elsewhere:
    by how much it may differ follows from that."""
    name = os.path.join(folder, os.path.basename(model)[:-4])
    whole = build(ganc, model, name + ".whole", "--batch", str(BATCH))
    other = build(ganc, model, name + ".other", "--batch", str(BATCH), "--target", "x86-64", "--exact-convolutions")
    inputs = name + ".inputs"
    write_tensors(inputs, inputs_of(whole, steps))
    wanted = traced(0, whole, inputs, steps, name + ".out")
    rounding = distances(traced(0, other, inputs, steps, name + ".other.out"), wanted)
    # What lies in front of a batch_norm has a gradient of 0: what is left of it is rounding alone, and what an optimizer
    # makes of that. Their names end in the layer's number and "bias".
    zero = {".".join(n.split(".")[-4:-1]) for n, d in rounding.items() if n.startswith("grad.") and d > 0.02}
    noise = lambda n: any(t + "." in n for t in zero)
    assert len(zero) < sum(n.startswith("grad.") for n in rounding) / 2, zero
    for ranks in (1, 2, 3):
        program = build(ganc, model, f"{name}.{ranks}", f"--mpi={MPICC}", "--global-batch", str(BATCH), "--ranks", str(ranks))
        found = distances(traced(ranks, program, inputs, steps, name + ".out"), wanted)
        limit = {n: max(1e-4, 4 * rounding[n]) for n in found if not noise(n)}
        worst = max(limit, key=lambda n: found[n] / limit[n])
        print(f"{os.path.basename(model)} {ranks} ranks: {len(limit)} of {len(found)} tensors, worst {worst} {found[worst]:.1e} (rounding {rounding[worst]:.1e})", flush=True)
        bad = {n: (found[n], rounding[n]) for n in limit if found[n] > limit[n]}
        assert not bad, bad


def check_runs(ganc, model, folder):
    """Whole runs, with the program's own draws, masks, order of data and mirrored images."""
    train = ["train", "--data", "builtin:glyphs", "--augment", "flip, shift 1", "--seed", "3", "--threads", "1", "--pictures", "4", "-q"]
    at = lambda name: os.path.join(folder, name)
    whole = build(ganc, model, at("whole"), "--batch", str(BATCH))
    run([whole, *train, "--steps", "8", "--out", at("run")])
    final = lambda name: read_tensors(os.path.join(at(name), "checkpoints/final.safetensors"))
    programs = {r: build(ganc, model, at(f"ranks{r}"), f"--mpi={MPICC}", "--global-batch", str(BATCH), "--ranks", str(r)) for r in (1, 2, 3)}
    for r, program in programs.items():
        run(launch(r, program, *train, "--steps", "8", "--out", at(f"run{r}")))
        found = distances(final(f"run{r}"), final("run"))
        worst = max(found, key=found.get)
        print(f"8 iterations on {r} ranks: worst {worst} {found[worst]:.1e}", flush=True)
        assert found[worst] < 1e-3, (worst, found[worst])
        with open(at(f"run{r}/config.json")) as file:
            config = json.load(file)
        assert (config["ranks"], config["batch"], config["global_batch"]) == (r, BATCH // r, BATCH), config
    # Without a launcher the program is the ordinary one, with its own batch.
    run([programs[1], *train, "--steps", "8", "--out", at("alone")])
    assert files(at("alone")) == files(at("run1"))
    run(launch(3, programs[3], *train, "--steps", "8", "--out", at("again")))
    assert files(at("again")) == files(at("run3")), "the same ranks leave the same bytes"
    # Stopped and resumed by as many ranks: the same bytes. By other numbers of ranks: the same run within rounding.
    run(launch(3, programs[3], *train, "--steps", "5", "--out", at("parts")))
    run(launch(3, programs[3], "train", "--resume", at("parts"), "--steps", "8", "-q"))
    assert files(at("parts")) == files(at("run3")), "a resumed run leaves the same bytes"
    run(launch(2, programs[2], *train, "--steps", "3", "--out", at("mixed")))
    run(launch(3, programs[3], "train", "--resume", at("mixed"), "--steps", "6", "-q"))
    run([whole, "train", "--resume", at("mixed"), "--steps", "8", "-q"])
    found = distances(final("mixed"), final("run"))
    assert max(found.values()) < 1e-3, found
    return programs


def check_sentences(programs, ganc, model, folder):
    """What goes wrong on one rank, and how all of them end: soon, with one sentence."""
    at = lambda name: os.path.join(folder, name)
    train = ["train", "--data", "builtin:glyphs", "--threads", "1", "--pictures", "4", "-q"]
    def fails(command, words):
        start = time.monotonic()
        said = run(command, status=1, timeout=60).stderr
        assert time.monotonic() - start < 30, command
        assert re.search(words, said), (words, said)
        assert len(re.findall(r": (?:internal )?error: ", said)) <= 1, said
    apart = lambda first, second: [MPIRUN, *OPTIONS, "-n", "1", *first, ":", "-n", "1", *second]
    two = programs[2]
    other = build(ganc, model, at("other"), f"--mpi={MPICC}", "--batch", str(BATCH // 3))
    fails(launch(2, two, "train", "--data", at("nothing"), "--out", at("x")), r"error: .*nothing")
    fails(apart([two, *train, "--out", at("x")], [two, "train", "--data", at("nothing"), "-q", "--out", at("x")]), r"error: rank 1 on host \S+: .*nothing")
    fails(apart([two, *train, "--out", at("x"), "--seed", "1"], [two, *train, "--out", at("x"), "--seed", "2"]), r"error: rank 1 on host \S+ was started with another program or other options: --seed: 2, rank 0 has 1")
    fails(apart([two, *train, "--out", at("x")], [other, *train, "--out", at("x")]), r"error: rank 1 on host \S+ was started with another program")
    assert not os.path.exists(at("x")), "a run that cannot begin leaves nothing"
    fails(launch(3, two, "train", "--resume", at("run2"), "--steps", "20"), f"batches of {BATCH}, this program's are {BATCH // 2} on each of 3 ranks")
    done = run(launch(2, two, "sample", "--checkpoint", at("run2"), "--out", at("s.png")))
    assert done.stdout.count("s.png") == 1, "rank 0 alone samples"


def check_build(ganc, model, folder):
    at = lambda name: os.path.join(folder, name)
    for options, words in (
        (["--mpi=no-such-mpicc"], "no-such-mpicc` was not found: install an MPI"),
        ([f"--mpi={MPICC}", "--global-batch", "10", "--ranks", "4"], "cannot be divided by 4 ranks; 8 and 12 can"),
        (["--global-batch", "8", "--ranks", "4"], "go with --mpi"),
        ([f"--mpi={MPICC}", "--ranks", "4"], "go together"),
    ):
        done = run([ganc, "build", model, "-q", "-o", at("none"), *options], status=1)
        assert words in done.stderr, (words, done.stderr)
    groups = at("groups.gan")
    with open(groups, "w") as file:
        file.write("model groups\ndata x: image(1, 8, 8) in [0, 1]\nlatent z: normal(4)\n"
                   "decoder G(z) -> image(1, 8, 8) { linear 64 ; sigmoid ; reshape (1, 8, 8) }\n"
                   "discriminator D(image(1, 8, 8)) -> bernoulli { minibatch_stddev group 2 ; flatten ; linear }\n"
                   "train { batch 4\n epochs 1\n step D with sgd(lr 0.1) { maximize log(D(x)) + log(1 - D(G(z))) }\n"
                   " step G with sgd(lr 0.1) { maximize log(D(G(z))) }\n}\n")
    done = run([ganc, "build", groups, "-q", "-o", at("none"), f"--mpi={MPICC}"], status=1)
    assert "minibatch_stddev cannot be shared by ranks" in done.stderr, done.stderr


def ranks_of(program):
    """The processes that run the program, which is this test's own."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{name}/exe") == program:
                found.append(int(name))
        except OSError:
            pass
    return found


def check_kills(program, folder):
    """A rank that is killed, or stopped, ends all of them; the last checkpoint is whole, and the run that goes on from it
    leaves the bytes of one that was never stopped."""
    at = lambda name: os.path.join(folder, name)
    train = ["train", "--data", "builtin:glyphs", "--seed", "3", "--threads", "1", "--pictures", "4", "--save-every", "0", "-q"]
    length = ["--steps", "400"]
    run(launch(2, program, *train, *length, "--out", at("never")))
    rng = random.Random(int(os.environ.get("SEED", "0")))
    for kill in range(int(os.environ.get("KILLS", "1"))):
        shutil.rmtree(at("killed"), ignore_errors=True)
        mpi = subprocess.Popen(launch(2, program, *train, *length, "--out", at("killed")), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        last = at("killed/checkpoints/last.safetensors")
        deadline = time.monotonic() + 60
        while not os.path.exists(last) and mpi.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.3))
        if ranks := ranks_of(program):
            os.kill(rng.choice(ranks), signal.SIGKILL)
        said = mpi.communicate(timeout=30)
        assert mpi.returncode or os.path.exists(at("killed/checkpoints/final.safetensors")), said
        run(launch(2, program, "train", "--resume", at("killed"), "-q"))
        assert files(at("killed")) == files(at("never")), "a run that was killed and resumed leaves the same bytes"


def main():
    ganc, model, folder, *rest = sys.argv[1:]
    if not shutil.which(MPIRUN) or not shutil.which(MPICC):
        print(f"no {MPIRUN}", file=sys.stderr)
        sys.exit(77)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    if rest and rest[0] == "traces":
        for traced_model in rest[1:]:
            check_trace(ganc, traced_model, folder)
        return
    check_build(ganc, model, folder)
    programs = check_runs(ganc, model, folder)
    check_sentences(programs, ganc, model, folder)
    check_kills(programs[2], folder)
    print("passed")


main()
