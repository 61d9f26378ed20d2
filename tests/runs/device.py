"""A trainer on a GPU: what it learns, what it costs, and what it says where something is missing.

There is no card: a driver for CUDA stands in that runs kernels on the PTX machine (tests/ptx/mock), and counts what the
program asks of it.

usage: device.py GANC MODEL.gan FOLDER MOCK
"""
import json
import math
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import time

from arm64 import distance, floats


TESTED = 8  # pictures: few, because the stand-in is slow


def write_images(path, count):
    """Grey pictures of 28 x 28."""
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, 28, 28), }" % count
    header += " " * (117 - len(header)) + "\n"
    row, draws = bytes(28), random.Random(1)
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
        for line in range(count * 28):
            file.write(draws.randbytes(28) if line % 5 else row)


class Trainer:
    def __init__(self, program, folder, mock):
        self.program, self.folder, self.mock = program, folder, mock

    @staticmethod
    def build(ganc, model, batch, program):
        """Without an assembler: the driver that stands in takes PTX alone."""
        batches = ["--batch", str(batch)] if batch else []
        subprocess.run([ganc, "build", model, "-q", *batches, "--target", "host,cuda", "-o", program], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, "GANC_PTXAS": ""})
        return program

    def run(self, words, driver=True, status=0, **environment):
        """Standard output and standard error of the trainer, which must end with this status; None stands for any."""
        known = {**os.environ, **environment}
        if driver:
            known["LD_LIBRARY_PATH"] = self.mock
        done = subprocess.run([self.program, *words], env=known, cwd=self.folder, capture_output=True, text=True)
        assert status in (None, done.returncode), f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def train(self, run, device, steps, *words, images=64, **more):
        return self.run(["train", "--data", f"{images}.npy", "--holdout", str(TESTED / images), "--pictures", "4", "--steps", str(steps), "--out", run, "--device", device, *words], **more)

    def file(self, *parts):
        return os.path.join(self.folder, *parts)

    def metrics(self, run):
        with open(self.file(run, "metrics.jsonl")) as file:
            return [json.loads(line) for line in file]

    def state(self, run):
        return self.file(run, "checkpoints", "final.safetensors")


def learns_what_the_processor_learns(t):
    for device in ("cpu", "cuda"):
        t.train(device, device, 12)
    for own, other in zip(t.metrics("cpu"), t.metrics("cuda"), strict=True):
        for part in ("train", "test"):
            for name, value in own.get(part, {}).items():
                assert math.isclose(value, other[part][name], rel_tol=1e-4), (part, name, value, other[part][name])
    apart = distance(floats(t.state("cuda")), floats(t.state("cpu")))
    assert 0 < apart < 1e-4, apart
    with open(t.file("cuda", "timings.jsonl")) as lines, open(t.file("cuda", "report.html")) as page:
        assert all(json.loads(line)["device"] == "cuda:0 (PTX machine)" for line in lines)
        assert '"device":"cuda:0 (PTX machine)"' in page.read()


def same_bytes(t):
    """The same program leaves the same bytes on the same device, also when it was stopped and resumed."""
    def content(run):
        return [open(path, "rb").read() for path in (t.state(run), t.file(run, "metrics.jsonl"))]
    t.train("again", "cuda", 12)
    t.train("parts", "cuda", 5)
    t.run(["train", "--resume", "parts", "--steps", "12", "--device", "cuda"])
    assert content("again") == content("cuda"), "two runs differ"
    assert open(t.state("parts"), "rb").read() == content("cuda")[0], "a resumed run differs"


def changes_devices(t):
    """A checkpoint of one device serves the other: both go on to nearly the same state."""
    for device in ("cpu", "cuda"):
        shutil.copytree(t.file("parts"), t.file("on_" + device))
        t.run(["train", "--resume", "on_" + device, "--steps", "16", "--device", device])
    apart = distance(floats(t.state("on_cuda")), floats(t.state("on_cpu")))
    assert apart < 1e-4, apart
    t.run(["sample", "--checkpoint", "on_cuda", "--device", "cpu", "--count", "4", "-o", "cpu.npy"])
    t.run(["sample", "--checkpoint", "on_cuda", "--device", "cuda", "--count", "4", "-o", "cuda.npy"])
    t.run(["evaluate", "--checkpoint", "on_cuda", "--device", "cuda"])


def costs(t):
    """An iteration is one launch of a graph and at most two copies, and allocates nothing."""
    counts = []
    for steps in (10, 25):
        t.train("counted", "cuda", steps, "--force", images=4000, GANC_MOCK_COUNTS=t.file("counts.json"))
        with open(t.file("counts.json")) as file:
            counts.append(json.load(file))
    more = {name: counts[1].get(name, 0) - counts[0].get(name, 0) for name in counts[1]}
    copies = sum(count for name, count in more.items() if "Memcpy" in name)
    assert more["cuGraphLaunch"] == 15, more
    assert copies <= 2 * 15, more
    for name in ("cuMemAlloc_v2", "cuMemHostAlloc", "cuGraphInstantiateWithFlags", "cuModuleLoadDataEx", "cuLaunchKernel", "cuCtxSynchronize"):
        assert more.get(name, 0) == 0, (name, more)


GATED = """model gated
data x: vector(8) in [-2, 2]
decoder B(x) -> vector(3) { linear 5 ; relu ; linear }
discriminator D(x) -> vector(2) { linear }
train {
    batch 4
    step B with sgd(lr decay(0.1, by 0.9 per step)) times 2 { minimize sum(square(B(x))) when batch_mean(sum(x)) > 0 }
    step D with adam(lr decay(0.1, by 0.7 per step)) every 2 { minimize sum(D(x)) when batch_mean(sum(x)) < 0 }
}
"""


def numbers_that_follow_gated_updates(t):
    """Where a `when` decides how many updates were done, the card chooses the numbers that follow them: the same as the
    processor's, and without an iteration that waits in its middle."""
    model, program = t.file("gated.gan"), t.file("gated")
    with open(model, "w") as file:
        file.write(GATED)
    t.build("gated", None, model)
    draws = random.Random(7)
    with open(t.file("numbers.npy"), "wb") as file:
        header = "{'descr': '<f4', 'fortran_order': False, 'shape': (256, 8), }"
        header += " " * (117 - len(header)) + "\n"
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
        file.write(struct.pack("<2048f", *(draws.uniform(-2, 2) for _ in range(2048))))
    gated = Trainer(program, t.folder, t.mock)
    counts = []
    for device, steps in (("cpu", 41), ("cuda", 41), ("cuda", 26)):
        run = f"gated_{device}_{steps}"
        gated.run(["train", "--data", "numbers.npy", "--steps", str(steps), "--out", run, "--device", device], GANC_MOCK_COUNTS=t.file("counts.json"))
        if device == "cuda":
            with open(t.file("counts.json")) as file:
                counts.append(json.load(file))
    apart = distance(floats(t.state("gated_cuda_41")), floats(t.state("gated_cpu_41")))
    assert apart < 1e-5, apart
    assert counts[0]["cuGraphLaunch"] - counts[1]["cuGraphLaunch"] == 15, counts
    assert counts[0].get("cuMemcpyDtoH_v2") == counts[1].get("cuMemcpyDtoH_v2"), counts
    shutil.copytree(t.file("gated_cuda_26"), t.file("gated_resumed"))
    gated.run(["train", "--resume", "gated_resumed", "--steps", "41", "--device", "cuda"])
    assert open(t.state("gated_resumed"), "rb").read() == open(t.state("gated_cuda_41"), "rb").read()


def looks_for_broken_numbers_on_the_card(t):
    """Whether the state is finite costs a kernel for each part of it and one copy, and says what the processor says."""
    t.train("watched", "cuda", 100, images=4000, GANC_MOCK_COUNTS=t.file("counts.json"))
    t.train("unwatched", "cuda", 99, images=4000, GANC_MOCK_COUNTS=t.file("less.json"))
    with open(t.file("counts.json")) as file, open(t.file("less.json")) as less:
        more, fewer = json.load(file), json.load(less)
    assert 1 <= more["cuLaunchKernel"] - fewer["cuLaunchKernel"] <= 4, (more, fewer)
    assert more["cuMemcpyDtoH_v2"] - fewer["cuMemcpyDtoH_v2"] == 1, (more, fewer)
    for device in ("cpu", "cuda"):
        text = t.train("broken", device, 40, "--force", "--set", "E,P.lr=1e39", status=1)
        assert "not finite at iteration" in text and "first in" in text and "vae.gan:" in text, text


def times_its_kernels(t):
    """The times of a profile are the card's own: what an event tells before and after each call."""
    text = t.run(["bench", "--steps", "2", "--profile", "--device", "cuda"], GANC_MOCK_COUNTS=t.file("counts.json"))
    with open(t.file("counts.json")) as file:
        counts = json.load(file)
    calls = len(re.findall(r", line \d+\) k_\w+$", text, re.M))
    assert calls > 20, text
    assert counts["cuEventElapsedTime"] == 2 * calls, counts
    assert counts["cuGraphAddEventRecordNode"] == 2 * calls, (calls, counts)


def compiles_once(t):
    """What the driver compiled is kept; what was damaged since, or belongs to another driver, is compiled anew."""
    cache = t.file("cache")

    def compiled(**more):
        t.run(["bench", "--steps", "1", "--device", "cuda"], GANC_MOCK_COUNTS=t.file("counts.json"), **{"XDG_CACHE_HOME": cache, **more})
        with open(t.file("counts.json")) as file:
            return json.load(file).get("cuLinkComplete", 0)
    first = compiled()
    entries = sorted(os.path.join(cache, "ganc", "driver", name) for name in os.listdir(os.path.join(cache, "ganc", "driver")))
    assert first == len(entries) > 20, (first, entries)
    assert compiled() == 0
    for number, damage in enumerate((b"", b"x", None)):
        with open(entries[number], "rb") as file:
            content = file.read()
        with open(entries[number], "wb") as file:
            file.write(content[:-9] if damage is None else damage)
    assert compiled() == 3
    assert compiled() == 0
    assert compiled(GANC_MOCK_VERSION="12090") == first
    assert compiled(XDG_CACHE_HOME="/proc/nowhere") == first


def tells_its_kernels(t):
    """Each kernel has launches that a card can run; tools can read them."""
    (device,) = json.loads(t.run(["info", "--json"], driver=False))["devices"]
    assert device["kind"] == "cuda" and len(device["kernels"]) > 20, device["kind"]
    for kernel in device["kernels"]:
        assert kernel["architectures"] == ["text"] and kernel["launches"], kernel  # no assembler was there
        assert all(0 < math.prod(launch["block"]) <= 1024 for launch in kernel["launches"]), kernel
    text = t.run(["info"], driver=False)
    told = re.search(r"kernels for cuda .*; training takes ([\d.]+) MiB of the device's memory", text)
    assert told and math.isclose(float(told[1]), device["training_bytes"] / 2**20, abs_tol=0.01), text
    # The estimate is what the driver counts: no more than is allocated in training, which also evaluates and shows.
    t.train("sized", "cuda", 2, GANC_MOCK_COUNTS=t.file("counts.json"))
    with open(t.file("counts.json")) as file:
        peak = json.load(file)["allocated_bytes_peak"]
    assert 0.5 * peak < device["training_bytes"] <= peak, (device["training_bytes"], peak)


def says_what_is_missing(t):
    def says(words, *expected, **how):
        text = t.run(words, **how)
        for part in expected:
            assert part in text, f"{words} should say {part!r}:\n{text}"
    bench = ["bench", "--steps", "1"]
    says([*bench], "device: cuda:0 (PTX machine")
    says([*bench], "device: cpu; not cuda: there is no NVIDIA driver (libcuda.so.1)", driver=False)
    says([*bench, "--device", "cuda"], "error: there is no NVIDIA driver", driver=False, status=1)
    says([*bench, "--device", "cuda"], "the NVIDIA driver is too old: it knows CUDA 11.4", status=1, GANC_MOCK_VERSION="11040")
    says([*bench, "--device", "cuda"], "there is no NVIDIA card", status=1, GANC_MOCK_DEVICES="0")
    says([*bench, "--device", "cuda:3"], "there is no card cuda:3: the last one is cuda:0", status=1)
    says([*bench, "--device", "cuda:x"], "after the colon stands the number of a device", status=1)
    says([*bench, "--device", "cud"], "did you mean cuda?", status=1)
    says([*bench, "--device", "opencl"], "this program has no kernels for it; build it with --target host,opencl", status=1)
    says([*bench, "--device", "cuda"], "out of memory of cuda:0", "MiB more are needed, 1.9 MiB of 1.9 MiB are free", "its parameters with their gradients and what their optimizers keep are more than that", status=1, GANC_MOCK_MEMORY="2000000")


def says_which_batch_fits(t):
    """Where memory is short, the batch that is said to fit does."""
    batch, memory = 512, str(20 << 20)
    text = Trainer(t.build("large", batch), t.folder, t.mock).run(["bench", "--steps", "1", "--device", "cuda"], status=1, GANC_MOCK_MEMORY=memory)
    assert f"at a batch of {batch}" in text, text
    fits = int(re.search(r"a batch of (\d+) would fit: ganc build --batch \1;", text)[1])
    assert 1 <= fits < batch, text
    Trainer(t.build("fits", fits), t.folder, t.mock).run(["bench", "--steps", "1", "--device", "cuda"], GANC_MOCK_MEMORY=memory)


def loses_nothing(t):
    """A card that fails in the middle of a run leaves the last checkpoint, from which the run goes on."""
    text = t.train("lost", "cuda", 18, "--keep", "1", status=1, GANC_MOCK_FAIL="cuGraphLaunch:21:999")
    assert "failed: unknown error (CUDA error 999)" in text, text
    assert os.listdir(t.file("lost", "checkpoints")), "no checkpoint is left"
    t.run(["train", "--resume", "lost", "--steps", "18", "--device", "cuda"])
    t.train("whole", "cuda", 18, "--keep", "1")
    assert open(t.state("lost"), "rb").read() == open(t.state("whole"), "rb").read()


def names_what_faults(t):
    """A kernel that faults is named by its layer and line, whichever command runs it, and the last checkpoint is
    whole."""
    profile = t.run(["bench", "--steps", "1", "--profile", "--device", "cpu"])
    line, kernel = re.search(r"adam E \(\w+, line (\d+)\) (\w+)", profile).groups()
    place = f"vae.gan:{line}:"
    named = ("adam E (", place, "faulted on cuda:0 (PTX machine)")
    # In the second run the new process begins with the checkpoint of an epoch, and the kernel does not run as often.
    for when, parts in ((10, named), (25, ("call by call, no kernel faulted", "train --resume faults goes on"))):
        text = t.train("faults", "cuda", 40, "--keep", "1", "--force", status=70, GANC_MOCK_FAULT=f"{kernel}_0:{when}")
        for part in (*parts, "illegal memory access", "bug of ganc"):
            assert part in text, f"{part} is missing:\n{text}"
    t.run(["train", "--resume", "faults", "--steps", "28", "--device", "cuda"])
    text = t.run(["bench", "--steps", "5"], status=70, GANC_MOCK_FAULT=f"{kernel}_0:7")
    assert "repeated call by call" in text and all(part in text for part in named), text


def names_what_faults_in_pictures(t):
    """The same holds for kernels that training does not need, but only the pictures at the end of an epoch."""
    profile = t.run(["bench", "--steps", "1", "--profile", "--device", "cpu"])
    (device,) = json.loads(t.run(["info", "--json"], driver=False))["devices"]
    names = [k["name"] for k in device["kernels"] if not re.search(k["name"] + "$", profile, re.M)]
    sample = ["sample", "--checkpoint", "lost", "--count", "4", "--device", "cuda", "-o", "sample.npy"]
    of_pictures = [name for name in names if "vae.gan:" in t.run(sample, status=None, GANC_MOCK_FAULT=f"{name}_0:1")]
    assert of_pictures, names
    for name in of_pictures:
        text = t.train("shown", "cuda", 16, "--force", status=70, GANC_MOCK_FAULT=f"{name}_0:1")
        assert "vae.gan:" in text and "faulted on cuda:0" in text and "training goes on" not in text, text


def main(ganc, model, folder, mock):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program = os.path.join(folder, "trainer")
    for count in (64, 4000):
        write_images(os.path.join(folder, f"{count}.npy"), count)
    trainer = Trainer(Trainer.build(ganc, model, 4, program), folder, mock)
    trainer.build = lambda name, batch, of=model: Trainer.build(ganc, of, batch, os.path.join(folder, name))
    for check in (learns_what_the_processor_learns, same_bytes, changes_devices, costs, numbers_that_follow_gated_updates, looks_for_broken_numbers_on_the_card, times_its_kernels, compiles_once, tells_its_kernels, says_what_is_missing, says_which_batch_fits, loses_nothing, names_what_faults, names_what_faults_in_pictures):
        start = time.monotonic()
        check(trainer)
        print(f"{check.__name__.replace('_', ' ')} ({time.monotonic() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
