"""A trainer for 64-bit ARM, run by an emulator, learns what this machine's own trainer learns.

Both draw the same integers and read the same images, so that losses and parameters differ by rounding alone.

usage: arm64.py GANC MODEL.gan FOLDER
"""
import array
import json
import math
import os
import shutil
import subprocess
import sys

EMULATOR = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]
STEPS = "12"


def floats(path):
    """Name -> numbers of every single-precision tensor of a safetensors file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        content = file.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            tensors[name] = array.array("f", content[begin:end])
    return tensors


def distance(state, own):
    """Length of the difference of all tensors, as a part of their own length. They are not compared one by one: the
    gradient of a bias in front of batch normalisation, for one, is nothing but rounding."""
    squares = lambda numbers: sum(x * x for x in numbers)
    apart = sum(squares(x - y for x, y in zip(state[name], own[name])) for name in own)
    return math.sqrt(apart / sum(map(squares, own.values())))


def train(ganc, model, target, emulator, folder):
    """The losses of the run and of its test data, and the state at the end."""
    program, run, picture = (os.path.join(folder, target + end) for end in ("", ".run", ".png"))
    subprocess.run([ganc, "build", model, "-q", "--target", target, "-o", program], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*emulator, program, "train", "--data", "builtin:glyphs", "--steps", STEPS, "-q", "--out", run], check=True)
    subprocess.run([*emulator, program, "sample", "--checkpoint", run, "--out", picture], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(run, "metrics.jsonl")) as file:
        last = [json.loads(line) for line in file][-1]
    losses = {part + " " + name: value for part in ("train", "test") for name, value in last[part].items()}
    assert os.path.getsize(picture) > 1000, picture
    return losses, floats(os.path.join(run, "checkpoints", "final.safetensors"))


def main(ganc, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    (losses, state), (own_losses, own_state) = (train(ganc, model, "arm64", EMULATOR, folder), train(ganc, model, "host", [], folder))
    assert losses.keys() == own_losses.keys() and losses
    worst = max(abs(losses[name] / own - 1) for name, own in own_losses.items())
    assert worst < 1e-4, f"losses differ by {worst:.2g}"
    assert state.keys() == own_state.keys() and len(state) > 4
    apart = distance(state, own_state)
    assert apart < 1e-3, f"the state differs by {apart:.2g}"
    print(f"{STEPS} steps: losses within {worst:.1g}, {len(state)} tensors within {apart:.1g}")


if __name__ == "__main__":
    main(*sys.argv[1:])
