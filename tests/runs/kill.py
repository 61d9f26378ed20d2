"""Kills a trainer again and again, with each of the signals that end it, at random moments and while it writes, and
resumes it each time. One run saves all the time, the next only at the ends of epochs; one reads drawn data, the next a
folder of images: what the run leaves in the end is, to the byte, what a run leaves that was never stopped.

usage: kill.py GANC MODEL.gan FOLDER        KILLS: how many in all (12); SEED of the moments (0); STEPS of a run (900)
"""
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib

from repeats import files

KILLS = int(os.environ.get("KILLS", "12"))
IN_A_RUN = 3
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
LENGTH = ["--steps", os.environ.get("STEPS", "900"), "--keep", "2", "--pictures", "16", "-q"]
# A checkpoint all the time, so that many kills meet a write; and never but for epochs.
SAVES = (["--save-every", "0"], ["--save-every", "1000"])


def check_readable(run):
    """Whatever the moment of the kill, no file under its own name is half-written."""
    with open(os.path.join(run, "config.json")) as file:
        assert "options" in json.load(file)
    for path, data in files(run).items():
        if path.endswith(".safetensors"):
            length = struct.unpack("<Q", data[:8])[0]
            header = json.loads(data[8 : 8 + length])
            assert len(data) == 8 + length + max(t["data_offsets"][1] for k, t in header.items() if k != "__metadata__"), path
        elif path.endswith(".png"):
            assert data.endswith(b"IEND\xaeB`\x82"), path


def write_images(folder, count, side):
    """Grey PNGs of noise."""
    os.makedirs(folder)
    numbers = random.Random(1)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    for i in range(count):
        rows = b"".join(b"\0" + numbers.randbytes(side) for _ in range(side))
        with open(os.path.join(folder, f"{i}.png"), "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return folder


def best_of(program):
    """Options that keep the best by the model's first loss."""
    info = json.loads(subprocess.run([program, "info", "--json"], check=True, capture_output=True).stdout)
    return ["--best", next(o["name"] for o in info["outputs"] if o["name"].startswith("loss."))]


def begun(run):
    """Before its first checkpoint's folder stands, a run that was killed has left nothing and starts anew."""
    return os.path.exists(os.path.join(run, "config.json"))


def killed_run(program, run, length, moments, kills):
    """Starts and resumes `run` until it was sent that many signals; then resumes it to its end. Returns how many of them
    met it alive, and how many met a file that was being written."""
    start = lambda: ["--resume", run, "-q"] if begun(run) else ["--out", run, *length]
    met_alive, met_writing = 0, 0
    for _ in range(kills):
        threads = ["--threads", str(moments.randint(1, 3))]
        process = subprocess.Popen([program, "train", *start(), *threads], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        at_work = moments.random() < 0.7  # else it may still be reading its data
        while at_work and not begun(run) and process.poll() is None:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.6))
        number = moments.choice(SIGNALS)
        process.send_signal(number)
        error = process.communicate()[1].decode()
        met_alive += process.returncode != 0
        assert process.returncode in (0, -number, 128 + number), f"{process.returncode}: {error}"
        if begun(run):
            check_readable(run)
            met_writing += any(n.startswith(".ganc-") for _, _, names in os.walk(run) for n in names)
    subprocess.run([program, "train", *start()], check=True)
    return met_alive, met_writing


def main(ganc, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program = os.path.join(folder, "trainer")
    subprocess.run([ganc, "build", model, "-q", "--batch", "32", "-o", program], check=True, stdout=subprocess.DEVNULL)
    # An epoch is a share of a run in either data.
    data = ("builtin:glyphs", write_images(os.path.join(folder, "images"), 32 * 100, 28))
    alive, writing, done, runs = 0, 0, 0, 0
    while done < KILLS:
        length = [*LENGTH, *SAVES[runs % 2], *best_of(program), "--data", data[runs // 2 % 2]]
        whole, run = (os.path.join(folder, f"{name}-{runs}") for name in ("whole", "run"))
        subprocess.run([program, "train", "--out", whole, *length], check=True)
        wanted, moments = files(whole), random.Random(int(os.environ.get("SEED", "0")) + runs)
        assert {"metrics.jsonl", "checkpoints/final.safetensors", "checkpoints/best.safetensors"} <= set(wanted), sorted(wanted)
        kills = min(IN_A_RUN, KILLS - done)
        met_alive, met_writing = killed_run(program, run, length, moments, kills)
        alive, writing = alive + met_alive, writing + met_writing
        got = files(run)
        assert sorted(got) == sorted(wanted), f"{run}: {sorted(set(got) ^ set(wanted))}"
        for path in wanted:
            assert got[path] == wanted[path], f"{run}/{path} differs from {whole}/{path}"
        done, runs = done + kills, runs + 1
    assert alive >= done / 2, f"of {done} signals {done - alive} came when the run had ended: STEPS is too small for this machine"
    print(f"{alive} kills, {writing} of them while a file was being written: all files are the same")


if __name__ == "__main__":
    main(*sys.argv[1:])
