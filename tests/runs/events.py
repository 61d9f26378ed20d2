"""TensorBoard's own reader opens what a run leaves, stopped and resumed in between; skipped (77) where it is not there.

usage: events.py GANC MODEL.gan FOLDER
"""
import glob
import json
import os
import shutil
import struct
import subprocess
import sys

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError:
    print("skipped: the package tensorboard cannot be imported")
    sys.exit(77)


def lines(run):
    with open(os.path.join(run, "metrics.jsonl")) as file:
        return [json.loads(line) for line in file]


def main(ganc, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program, run = os.path.join(folder, "trainer"), os.path.join(folder, "run")
    subprocess.run([ganc, "build", model, "-q", "--batch", "32", "-o", program], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([program, "train", "--data", "builtin:glyphs", "--steps", "450", "-q", "--out", run], check=True)
    subprocess.run([program, "train", "--resume", run, "--steps", "700", "-q"], check=True)
    assert len(glob.glob(os.path.join(run, "events.out.tfevents.*"))) == 2
    events = EventAccumulator(run, size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    events.Reload()
    tags = events.Tags()
    told = lines(run)
    for name in (k for k in told[0] if k != "iteration"):
        seen = [(e.step, e.value) for e in events.Scalars("train/" + name)]
        wanted = [(l["iteration"], l[name]) for l in told if "epoch" not in l]
        assert [s for s, _ in seen] == [s for s, _ in wanted], (name, seen, wanted)
        assert all(abs(a - b) <= 1e-6 * abs(b) for (_, a), (_, b) in zip(seen, wanted)), name
    epochs = [l for l in told if "epoch" in l]
    for part in ("train", "test"):
        for name in epochs[0][part]:
            assert [e.step for e in events.Scalars(f"epoch/{part}/{name}")] == [l["iteration"] for l in epochs]
    for tag in ("samples", "reconstructions"):
        images = events.Images(tag)
        assert [i.step for i in images] == [l["iteration"] for l in epochs], tag
        for image in images:
            assert struct.unpack(">II", image.encoded_image_string[16:24]) == (image.width, image.height)
    texts = {tag: events.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in tags["tensors"]}
    assert "model vae" in texts["source"] and '"seed": 0' in texts["config"], texts
    print("scalars, images and texts are read")


if __name__ == "__main__":
    main(*sys.argv[1:])
