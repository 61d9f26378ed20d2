"""Ranks under MPI against one process with the whole batch: traces within rounding, runs that repeat to the byte,
resume with any number of ranks, and end with a sentence whatever happens to one of them.

usage: ranks.py GANC MODEL.gan FOLDER [traces MODEL.gan..]     GANC_MPI: openmpi (Debian's name), or mpich
KILLS: how often a rank is killed (1); SEED of the moments (0); RANKS of the traces (3)
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
RANKS = [int(r) for r in os.environ.get("RANKS", "3").split(",")]  # of the traces


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


def inputs_of(info, iterations):
    rng = random.Random(5)
    out = {}
    for i in iterations:
        for t in info["inputs"]:
            for end in [f".{k}" for k in range(t["times"])] if "times" in t else [""]:
                out[f"{t['name']}.{i}{end}"] = (t["shape"], input_value(t["shape"], t["kind"], t.get("lo"), t.get("hi"), rng))
    return out


def traced(ranks, program, out, *options):
    run(launch(ranks, program, "trace", "--out", out, "--threads", "1", *options))
    return read_tensors(out)


def differences(found, wanted):
    """The length of the difference of each tensor."""
    assert found.keys() == wanted.keys()
    for name, (shape, _) in wanted.items():
        assert found[name][0] == shape, (name, found[name][0], shape)
    return {name: math.dist(found[name][1], numbers) for name, (_, numbers) in wanted.items()}


def distances(found, wanted):
    """Relative to its own length."""
    lengths = {name: math.hypot(*numbers) for name, (_, numbers) in wanted.items()}
    return {name: d / (lengths[name] or 1) for name, d in differences(found, wanted).items()}


def shuffled(inputs, seed):
    """The same samples in another order."""
    order = random.Random(seed).sample(range(BATCH), BATCH)
    out = {}
    for name, (shape, numbers) in inputs.items():
        size = len(numbers) // BATCH
        out[name] = (shape, [x for i in order for x in numbers[i * size : (i + 1) * size]] if shape else numbers)
    return out


def check_trace(ganc, model, folder, *options):
    """R ranks against one process with the whole batch. By how much they may differ follows from what rounding does to
    one process: with the samples in another order, and compiled for another processor. The iteration that is compared is the
    second one, from the state that one process left after the first: Adam's first step goes by the gradient's sign alone,
    which is rounding where the gradient is all but zero. With streams it is compared once for each. `options` are of the ranks'
    programs."""
    name = os.path.join(folder, os.path.basename(model)[:-4])
    whole = build(ganc, model, name + ".whole", "--batch", str(BATCH))
    other = build(ganc, model, name + ".other", "--batch", str(BATCH), "--target", "x86-64", "--exact-convolutions")
    programs = {r: build(ganc, model, f"{name}.{r}", f"--mpi={MPICC}", "--global-batch", str(BATCH), "--ranks", str(r), *options) for r in RANKS}
    info = json.loads(run([whole, "info", "--json"]).stdout)
    inputs, path, out, state = inputs_of(info, (0, 1)), name + ".inputs", name + ".out", name + ".state"
    write_tensors(path, inputs)
    before = traced(0, whole, out, "--inputs", path)
    write_tensors(state, {t["name"]: before[t["name"] + ".0"] for t in info["state"]})
    second = ["--state", state, "--inputs", path, "--start-iteration", "1"]
    for stream in (0.0, 1.0) if "stream.1" in inputs else (None,):
        if stream is not None:
            inputs["stream.1"] = ([], [stream])
        write_tensors(path, inputs)
        wanted = traced(0, whole, out, *second)
        results = {r: differences(traced(r, program, out, *second), wanted) for r, program in programs.items()}
        rounding = differences(traced(0, other, out, *second), wanted)
        for seed, program in enumerate((whole, other, whole, other)):
            write_tensors(path, shuffled(inputs, seed))
            more = differences(traced(0, program, out, *second), wanted)
            rounding = {n: max(d, more[n]) for n, d in rounding.items()}
        for ranks, found in results.items():
            compare_traces(f"{os.path.basename(model)} {ranks} ranks", found, rounding, wanted)


def check_local(ganc, model, folder, ranks=2):
    """With statistics of a rank's own samples, gradients and running statistics are the means of those of processes that
    each have the samples of one rank."""
    name = os.path.join(folder, os.path.basename(model)[:-4])
    part = build(ganc, model, name + ".part", "--batch", str(BATCH // ranks))
    program = build(ganc, model, name + ".local", f"--mpi={MPICC}", "--batch-norm", "local", "--global-batch", str(BATCH), "--ranks", str(ranks))
    info, path = json.loads(run([part, "info", "--json"]).stdout), name + ".inputs"
    for t in info["inputs"]:
        t["shape"] = [BATCH, *t["shape"][1:]] if t["shape"] else []
    inputs = inputs_of(info, (0,))
    write_tensors(path, inputs)
    found = traced(ranks, program, name + ".out", "--inputs", path)
    parts = []
    for r in range(ranks):
        cut = lambda shape, numbers: ([BATCH // ranks, *shape[1:]], numbers[r * len(numbers) // ranks : (r + 1) * len(numbers) // ranks]) if shape else (shape, numbers)
        write_tensors(path, {n: cut(*t) for n, t in inputs.items()})
        parts.append(traced(0, part, name + ".out", "--inputs", path))
    # The first step's gradients, and what the first forward pass leaves in running statistics: later steps start from
    # parameters that the ranks have changed together.
    first = re.search(r"^grad\.([^.]+)\.", next(n for n in found if n.startswith("grad.")))[1]
    names = [n for n in found if n.startswith((f"grad.{first}.", f"loss.{first}."))]
    names += [n for n in found if ".running_" in n and not n.startswith(tuple(f"{b}." for b in first.split(",")))]
    assert any(".running_" in n for n in names), names
    mean = {n: (found[n][0], [sum(x) / ranks for x in zip(*(p[n][1] for p in parts))]) for n in names}
    apart = differences({n: found[n] for n in names}, mean)
    own = differences({n: parts[0][n] for n in names}, mean)
    length = {n: math.hypot(*mean[n][1]) for n in names}
    zero = [n for n in names if n.endswith("bias.0") and length[n] < 1e-5]
    worst = max((n for n in names if n not in zero), key=lambda n: apart[n] / length[n])
    print(f"{os.path.basename(model)} local statistics: {len(names) - len(zero)} tensors, worst {worst} {apart[worst] / length[worst]:.1e}", flush=True)
    assert apart[worst] <= 1e-4 * length[worst], (worst, apart[worst], length[worst])
    assert all(own[n] > 1e-3 * length[n] for n in names if n not in zero), "the parts are different"
    whole = build(ganc, model, name + ".global", f"--mpi={MPICC}", "--global-batch", str(BATCH), "--ranks", str(ranks))
    mixed = run([MPIRUN, *OPTIONS, "-n", "1", whole, "trace", "--inputs", path, "--out", name + ".out", ":", "-n", "1", program, "trace", "--inputs", path, "--out", name + ".out"], status=1)
    assert "was started with another program" in mixed.stderr, mixed.stderr


def compare_traces(title, found, rounding, wanted):
    """The limit of design section 6.3 for each tensor. A gradient that is a sum of terms that cancel each other (all of
    them in front of a batch_norm) may instead differ by the last bit of terms like 1, and what an optimizer makes of that
    is not compared."""
    length = {n: math.hypot(*numbers) for n, (_, numbers) in wanted.items()}
    relative = lambda lengths, n: lengths[n] / (length[n] or 1)
    gradients = [n for n in wanted if n.startswith("grad.")]
    limit = {n: max(1e-4 * length[n], 4 * rounding[n]) for n in found}
    small = [n for n in gradients if relative(rounding, n) > 0.02 or found[n] > limit[n]]
    assert len(small) < len(gradients) / 2, small
    parameters = [".".join(n.split(".")[2:-1]) + "." for n in small]
    limit = {n: most for n, most in limit.items() if not any(p in n for p in parameters)}
    limit.update({n: max(4 * rounding[n], 2**-24) for n in small})
    worst = max(limit, key=lambda n: found[n] / (limit[n] or 1))
    print(f"{title}: {len(limit)} of {len(found)} tensors, worst {worst} {relative(found, worst):.1e} (rounding {relative(rounding, worst):.1e})", flush=True)
    bad = {n: (found[n], rounding[n], length[n]) for n in limit if found[n] > limit[n]}
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
        if r > 1:
            check_times(at(f"run{r}"))
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


PLATEAU = """model plateau
data age: vector(1) from "age"
data city: categorical(3) from "city"
encoder E(age) -> categorical(3) {
    linear
}
train {
    batch 8
    const rate = plateau(1, by 0.5, after 2 epochs, minimize still)
    metric still = sum(square(age)) * 0 + 1
    metric seen = rate * (sum(square(age)) * 0 + 1)
    step E with sgd(lr 0.1 * rate) {
        maximize log_prob(E(age), city)
    }
}
"""


def check_plateau(ganc, folder):
    """All ranks learn from rank 0 that a plateau is reached, and standardise the same table alike: else their parameters would
    differ, which each checkpoint looks at."""
    at = lambda name: os.path.join(folder, name)
    with open(at("plateau.gan"), "w") as f:
        f.write(PLATEAU)
    with open(at("t.csv"), "w") as f:
        f.write("age,city\n" + "".join(f"{20 + i * i % 37},{'ABC'[i % 3]}\n" for i in range(48)))
    program = build(ganc, at("plateau.gan"), at("plateau"), f"--mpi={MPICC}", "--global-batch", "8", "--ranks", "2")
    train = ["train", "--data", at("t.csv"), "--standardize", "-q"]
    run(launch(2, program, *train, "--epochs", "7", "--out", at("p0")))
    run(launch(2, program, *train, "--steps", "20", "--out", at("p1")))
    run(launch(2, program, "train", "--resume", at("p1"), "--epochs", "7", "-q"))
    assert files(at("p0")) == files(at("p1")), "a resumed run leaves the same bytes"
    lines = [json.loads(line) for line in open(at("p0/metrics.jsonl"))]
    seen = [line["train"]["seen"] for line in lines if "epoch" in line]
    assert seen == [1, 1, 1, 0.5, 0.5, 0.25, 0.25], seen


def check_times(folder):
    """Of ranks, times tell which share of them was spent waiting for others, and so does the page."""
    with open(os.path.join(folder, "timings.jsonl")) as file:
        shares = [line["waiting"] for line in map(json.loads, file) if "waiting" in line]
    assert shares and all(0 <= share <= 1 for share in shares), shares
    with open(os.path.join(folder, "report.html")) as file:
        assert '"waiting":' in file.read()


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
    done = run(launch(2, two, "interpolate", "--checkpoint", at("run2"), "--out", at("s.png")))
    assert done.stdout.count("s.png") == 1, "rank 0 alone does what cannot be divided"
    fails(apart([two, "sample", "--checkpoint", at("run2"), "--out", at("x.npy")], [two, "sample", "--count", "9", "--checkpoint", at("run2"), "--out", at("x.npy")]), r"rank 1 on host \S+ was started with another program or other options: --count: 9, rank 0 has 64")


def check_uses(program, folder):
    """What several ranks make of a checkpoint together is what one process makes of it."""
    at = lambda name: os.path.join(folder, name)
    def read(name):
        with open(at(name), "rb") as file:
            return file.read()
    common = ["--checkpoint", at("run2"), "--threads", "1"]
    for words, ending in (
        (["sample", "--count", "31", "--draw"], "npy"),
        (["sample", "--count", "10"], "png"),
        (["encode", "--part", "train", "--count", "50", "--draw"], "safetensors"),
        (["encode", "--count", "7"], "npy"),
    ):
        one, all = f"one.{ending}", f"all.{ending}"
        run([program, *words, *common, "--out", at(one)])
        done = run(launch(3, program, *words, *common, "--out", at(all)))
        assert done.stdout.count(at(all)) == 1 and read(one) == read(all), words
    for words in (["--importance", "3"], ["--importance", "0"]):
        command = [program, "evaluate", *words, *common, "--json"]
        assert run(command).stdout == run(launch(3, *command)).stdout, words


def check_build(ganc, model, folder):
    at = lambda name: os.path.join(folder, name)
    for options, words in (
        (["--mpi=no-such-mpicc"], "no-such-mpicc` was not found: install an MPI"),
        ([f"--mpi={MPICC}", "--global-batch", "10", "--ranks", "4"], "cannot be divided by 4 ranks; 8 and 12 can"),
        (["--global-batch", "8", "--ranks", "4"], "go with --mpi"),
        ([f"--mpi={MPICC}", "--ranks", "4"], "go together"),
        (["--batch-norm", "local"], "--batch-norm goes with --mpi: one process has statistics of its batch"),
        ([f"--mpi={MPICC}", "--batch-norm", "both"], "--batch-norm is global or local, not both"),
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


def check_ends(program, folder):
    """A rank that is killed, Ctrl-C, and a full disk end all of them; the last checkpoint is whole, and the run that goes on
    from it leaves the bytes of one that was never stopped."""
    at = lambda name: os.path.join(folder, name)
    train = ["train", "--data", "builtin:glyphs", "--seed", "3", "--threads", "1", "--pictures", "4", "--save-every", "0", "-q"]
    length = ["--steps", "200"]
    run(launch(2, program, *train, *length, "--out", at("never")))
    rng = random.Random(int(os.environ.get("SEED", "0")))
    for way in ["kill"] * int(os.environ.get("KILLS", "1")) + ["Ctrl-C"]:
        shutil.rmtree(at("killed"), ignore_errors=True)
        mpi = subprocess.Popen(launch(2, program, *train, *length, "--out", at("killed")), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        last = at("killed/checkpoints/last.safetensors")
        deadline = time.monotonic() + 60
        while not os.path.exists(last) and mpi.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.3))
        if way == "Ctrl-C":
            mpi.send_signal(signal.SIGINT)
        elif ranks := ranks_of(program):
            os.kill(rng.choice(ranks), signal.SIGKILL)
        said = mpi.communicate(timeout=30)
        ended = os.path.exists(at("killed/checkpoints/final.safetensors"))
        assert mpi.returncode or ended, said
        if way == "Ctrl-C" and not ended:
            assert said[1].count("interrupted and saved at iteration") == 1, said
        run(launch(2, program, "train", "--resume", at("killed"), "-q"))
        assert files(at("killed")) == files(at("never")), "a run that ended so and was resumed leaves the same bytes"
    check_full_disk(program, at, train, length)


def check_full_disk(program, at, train, length):
    """Rank 0 alone writes; its disk is full after the first checkpoints."""
    os.makedirs(at("disk"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=14m", "none", at("disk")], capture_output=True).returncode:
        print("left out: a full disk, which needs root")
        return
    try:
        done = run(launch(2, program, *train, *length, "--out", at("disk/run")), status=1, timeout=60)
        assert re.search(r"error: rank 0 on host \S+: .*No space left on device", done.stderr), done.stderr
        subprocess.run(["mount", "-o", "remount,size=400m", at("disk")], check=True)
        run(launch(2, program, "train", "--resume", at("disk/run"), "-q"))
        for name in ("metrics.jsonl", "checkpoints/final.safetensors"):
            with open(at("disk/run/" + name), "rb") as a, open(at("never/" + name), "rb") as b:
                assert a.read() == b.read(), name
    finally:
        subprocess.run(["umount", at("disk")])


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
        check_local(ganc, model, folder)
        return
    check_build(ganc, model, folder)
    check_plateau(ganc, folder)
    programs = check_runs(ganc, model, folder)
    check_sentences(programs, ganc, model, folder)
    check_uses(programs[3], folder)
    check_ends(programs[2], folder)
    print("passed")


if __name__ == "__main__":
    main()
