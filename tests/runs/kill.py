"""Kills a trainer again and again, at random moments and while it writes, and resumes it each time: what the run leaves
in the end is, to the byte, what a run leaves that was never stopped.

usage: kill.py GANC MODEL.gan FOLDER        KILLS: how many in all (12); SEED of the moments (0); STEPS of a run (900)
"""
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import time

KILLS = int(os.environ.get("KILLS", "12"))
IN_A_RUN = 12
# A checkpoint all the time, so that many kills meet a write.
LENGTH = ["--steps", os.environ.get("STEPS", "900"), "--save-every", "0", "--keep", "2", "--pictures", "16", "-q"]


def files(run):
    """What repeats to the byte: all but what tells the time."""
    found = {}
    for folder, _, names in os.walk(run):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), run)
            if path.split(".")[0] not in ("timings", "events", "report", "config"):
                with open(os.path.join(folder, name), "rb") as file:
                    found[path] = file.read()
    return found


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


def best_of(program):
    """Options that keep the best by the model's first loss."""
    info = json.loads(subprocess.run([program, "info", "--json"], check=True, capture_output=True).stdout)
    return ["--best", next(o["name"] for o in info["outputs"] if o["name"].startswith("loss."))]


def killed_run(program, run, length, moments, kills):
    """Starts and resumes `run` until it has been killed that often; then resumes it to its end."""
    met_writing = 0
    for _ in range(kills):
        threads = ["--threads", str(moments.randint(1, 3))]
        start = ["--resume", run] if os.path.exists(os.path.join(run, "config.json")) else ["--data", "builtin:glyphs", "--out", run, *length]
        process = subprocess.Popen([program, "train", *start, *threads], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(moments.uniform(0, 0.6))
        process.kill()
        error = process.communicate()[1].decode()
        assert process.returncode in (-9, 0), f"{process.returncode}: {error}"
        if os.path.exists(os.path.join(run, "config.json")):  # before, there is no run yet
            check_readable(run)
            met_writing += any(n.startswith(".ganc-") for _, _, names in os.walk(run) for n in names)
    start = ["--resume", run] if os.path.exists(os.path.join(run, "config.json")) else ["--data", "builtin:glyphs", "--out", run, *length]
    subprocess.run([program, "train", *start, "-q"], check=True)
    return met_writing


def main(ganc, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program = os.path.join(folder, "trainer")
    subprocess.run([ganc, "build", model, "-q", "--batch", "32", "-o", program], check=True, stdout=subprocess.DEVNULL)
    length = LENGTH + best_of(program)
    whole = os.path.join(folder, "whole")
    subprocess.run([program, "train", "--data", "builtin:glyphs", "--out", whole, *length], check=True)
    wanted, moments = files(whole), random.Random(int(os.environ.get("SEED", "0")))
    assert {"metrics.jsonl", "checkpoints/final.safetensors", "checkpoints/best.safetensors"} <= set(wanted), sorted(wanted)
    writing, done = 0, 0
    while done < KILLS:
        run, kills = os.path.join(folder, f"run-{done}"), min(IN_A_RUN, KILLS - done)
        writing += killed_run(program, run, length, moments, kills)
        got = files(run)
        assert sorted(got) == sorted(wanted), f"{run}: {sorted(set(got) ^ set(wanted))}"
        for path in wanted:
            assert got[path] == wanted[path], f"{run}/{path} differs from {whole}/{path}"
        done += kills
    print(f"{done} kills, {writing} of them while a file was being written: all files are the same")


if __name__ == "__main__":
    main(*sys.argv[1:])
