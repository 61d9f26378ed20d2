"""A data set much larger than the memory it may take is trained on from the disk, to the same bytes as from memory.

usage: memory.py GANC MODEL.gan FOLDER        IMAGES: how many of 28 x 28 (120000, 90 MB; `tools/test --long` takes more)
"""
import json
import os
import random
import resource
import shutil
import struct
import subprocess
import sys

IMAGES = int(os.environ.get("IMAGES", "120000"))


def write_data(folder):
    """An IDX file of drawings that are quick to make: stripes of random widths."""
    os.makedirs(folder)
    rows = [bytes(255 if (x // width + phase) % 2 else 0 for x in range(28)) for width in range(1, 9) for phase in range(2)]
    rng = random.Random(1)
    with open(os.path.join(folder, "train-images-idx3-ubyte"), "wb") as file:
        file.write(struct.pack(">IIII", 0x803, IMAGES, 28, 28))
        for _ in range(IMAGES):
            file.write(rows[rng.randrange(len(rows))] * 14 + rows[rng.randrange(len(rows))] * 14)


def train(program, data, run, memory):
    """Runs it in a process of its own; the peak of its resident memory in MiB."""
    pid = os.fork()
    if pid == 0:
        os.execv(program, [program, "train", "--data", data, "--holdout", "0.1", "--steps", "250", "-q", "--threads", "2", "--memory", str(memory), "--out", run])
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, status
    return usage.ru_maxrss / 1024


def told(program, data, memory):
    """What `info` says before, in MiB."""
    command = [program, "info", "--json", "--data", data, "--holdout", "0.1", "--memory", str(memory)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["memory"]["total"] / 2**20


def main(ganc, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program, data = os.path.join(folder, "trainer"), os.path.join(folder, "data")
    subprocess.run([ganc, "build", model, "-q", "-o", program], check=True, stdout=subprocess.DEVNULL)
    write_data(data)
    size = IMAGES * 784 / 2**20
    os.environ["TMPDIR"] = folder
    plain, bounded = os.path.join(folder, "plain"), os.path.join(folder, "bounded")
    most, least = train(program, data, plain, 1 << 14), train(program, data, bounded, 8)
    for memory, peak in ((1 << 14, most), (8, least)):
        assert abs(told(program, data, memory) / peak - 1) <= 0.1, f"info says {told(program, data, memory):.1f} MiB, the peak is {peak:.1f}"
    saved = most - least
    assert saved > 0.8 * (size - 8), f"{size:.0f} MiB of data: {most:.0f} MiB in memory, {least:.0f} MiB with --memory 8"
    for name in ("metrics.jsonl", "checkpoints/final.safetensors", "samples/epoch-0001.png"):
        with open(os.path.join(plain, name), "rb") as a, open(os.path.join(bounded, name), "rb") as b:
            assert a.read() == b.read(), name
    # The same under a limit of the system, which the data alone would break.
    if IMAGES >= 1000000:
        resource.setrlimit(resource.RLIMIT_DATA, (int(least + 200) << 20, resource.RLIM_INFINITY))
        train(program, data, os.path.join(folder, "limited"), 8)
    shutil.rmtree(data)
    print(f"{size:.0f} MiB of data: {most:.0f} MiB in memory, {least:.0f} MiB with --memory 8, the same bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
