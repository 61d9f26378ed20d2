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
    from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
    from tensorboard.util import tensor_util
except ImportError:
    print("skipped: the package tensorboard cannot be imported")
    sys.exit(77)


def lines(run):
    with open(os.path.join(run, "metrics.jsonl")) as file:
        return [json.loads(line) for line in file]


def check(run):
    """Every point of the metrics, once, by the reader for scripts and by the server's, which drops by rules of its own."""
    script = event_accumulator.EventAccumulator(run, size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    server = plugin_event_accumulator.EventAccumulator(run, size_guidance={"tensors": 0})
    script.Reload(), server.Reload()
    wanted, epochs = {}, []
    for line in lines(run):
        iteration = line.pop("iteration")
        if "epoch" in line:
            epochs.append(iteration)
        groups = {"epoch/" + part: line[part] for part in ("train", "test")} if "epoch" in line else {"train": line}
        for group, values in groups.items():
            for name, value in values.items():
                wanted.setdefault(f"{group}/{name}", []).append((iteration, value))
    tags = script.Tags()
    assert sorted(tags["scalars"]) == sorted(wanted), (tags, list(wanted))
    for tag, points in wanted.items():
        seen = [(e.step, e.value) for e in script.Scalars(tag)]
        assert [s for s, _ in seen] == [s for s, _ in points], (tag, seen, points)
        assert all(abs(a - b) <= 1e-6 * abs(b) for (_, a), (_, b) in zip(seen, points)), tag
        served = [(e.step, tensor_util.make_ndarray(e.tensor_proto).item()) for e in server.Tensors(tag)]
        assert served == seen, (tag, served, seen)
    for tag in ("samples", "reconstructions"):
        images = script.Images(tag)
        assert [i.step for i in images] == epochs == [e.step for e in server.Tensors(tag)], tag
        for image in images:
            assert struct.unpack(">II", image.encoded_image_string[16:24]) == (image.width, image.height)
    texts = {tag: script.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in tags["tensors"]}
    assert "model vae" in texts["source"] and '"seed": 0' in texts["config"], texts


def main(ganc, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program, run = os.path.join(folder, "trainer"), os.path.join(folder, "run")
    subprocess.run([ganc, "build", model, "-q", "--batch", "32", "-o", program], check=True, stdout=subprocess.DEVNULL)
    # Stopped within an epoch, then at the end of one, which stays told.
    subprocess.run([program, "train", "--data", "builtin:glyphs", "--steps", "450", "-q", "--out", run], check=True)
    for more in (["--epochs", "2"], ["--steps", "750"]):
        subprocess.run([program, "train", "--resume", run, *more, "-q"], check=True)
    check(run)
    # As a kill leaves it: files that know of more than the checkpoint, the last record cut.
    shutil.copy(os.path.join(run, "checkpoints", "final.safetensors"), folder)
    before = set(glob.glob(os.path.join(run, "events.out.tfevents.*")))
    subprocess.run([program, "train", "--resume", run, "--steps", "1000", "-q"], check=True)
    (newest,) = set(glob.glob(os.path.join(run, "events.out.tfevents.*"))) - before
    os.truncate(newest, os.path.getsize(newest) - 20)
    os.replace(os.path.join(folder, "final.safetensors"), os.path.join(run, "checkpoints", "final.safetensors"))
    subprocess.run([program, "train", "--resume", run, "--steps", "1100", "-q"], check=True)
    assert len(glob.glob(os.path.join(run, "events.out.tfevents.*"))) == 5
    check(run)
    print("scalars, images and texts are read")


if __name__ == "__main__":
    main(*sys.argv[1:])
