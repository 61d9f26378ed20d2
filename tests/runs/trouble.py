"""A full disk, a folder that cannot be written or has gone, too little memory: one sentence, exit 1, and the last good checkpoint
is whole, so that the run goes on where the trouble is over.

usage: trouble.py GANC MODEL.gan FOLDER        parts that need a file system of their own are left out (and named) without root
"""
import os
import shutil
import struct
import subprocess
import sys
import time
import zlib

LENGTH = ["--steps", "1200", "--save-every", "0", "-q"]


def mounted(path, options):
    os.makedirs(path)
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", path], capture_output=True).returncode == 0


class Trouble:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, *arguments, limit=None):
        command = [self.program, "train", *arguments]
        if limit:
            command = ["bash", "-c", f'ulimit -v {limit}; exec "$@"', "bash", *command]
        return subprocess.run(command, capture_output=True, text=True)

    def fails(self, done, *parts):
        assert done.returncode == 1, (done.returncode, done.stderr)
        lines = done.stderr.splitlines()  # what fails beside training is told before
        errors = [line for line in lines if not line.startswith("warning: ")]
        assert errors and errors[0].startswith("vae: error: ") and "terminate" not in done.stderr, done.stderr
        assert any(part in done.stderr for part in parts), done.stderr

    def full_disk(self):
        disk = os.path.join(self.folder, "disk")
        if not mounted(disk, "size=24m"):
            return "full disk"
        try:
            run = os.path.join(disk, "run")
            process = subprocess.Popen([self.program, "train", "--data", "builtin:glyphs", "--out", run, *LENGTH, "--keep", "9"], stderr=subprocess.PIPE, text=True)
            error = process.communicate()[1]
            self.fails(subprocess.CompletedProcess([], process.returncode, "", error), "No space left on device")
            assert not [n for n in os.listdir(os.path.join(run, "checkpoints")) if "tmp" in n]
            subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
            done = self.run("--resume", run, "-q")
            assert done.returncode == 0, done.stderr
            whole = os.path.join(self.folder, "whole")
            assert self.run("--data", "builtin:glyphs", "--out", whole, *LENGTH).returncode == 0
            for name in ("metrics.jsonl", "checkpoints/final.safetensors"):
                with open(os.path.join(run, name), "rb") as a, open(os.path.join(whole, name), "rb") as b:
                    assert a.read() == b.read(), name
        finally:
            subprocess.run(["umount", disk])

    def read_only(self):
        disk = os.path.join(self.folder, "fixed")
        if not mounted(disk, "size=100m"):
            return "read-only folder"
        try:
            run = os.path.join(disk, "run")
            assert self.run("--data", "builtin:glyphs", "--out", run, "--steps", "50", "-q").returncode == 0
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            self.fails(self.run("--resume", run, "--steps", "90", "-q"), "Read-only file system")
            self.fails(self.run("--data", "builtin:glyphs", "--out", os.path.join(disk, "other"), "-q"), "Read-only file system")
        finally:
            subprocess.run(["umount", disk])

    def vanished(self):
        run = os.path.join(self.folder, "gone")
        process = subprocess.Popen([self.program, "train", "--data", "builtin:glyphs", "--out", run, "--steps", "1000000", "--save-every", "0", "-q"], stderr=subprocess.PIPE, text=True)
        while not os.path.exists(os.path.join(run, "samples", "epoch-0001.png")):
            time.sleep(0.02)
            assert process.poll() is None
        os.rename(run, run + "-elsewhere")
        error = process.communicate()[1]
        self.fails(subprocess.CompletedProcess([], process.returncode, "", error), "No such file or directory")
        assert not os.path.exists(run), os.listdir(run)

    def pictures(self):
        """Two threads that decode what does not fit: each file is small, what is in it is not."""
        folder = os.path.join(self.folder, "pictures")
        os.makedirs(folder)
        side = 16384
        chunk = lambda name, content: struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(side * (side + 1)), 1)) + chunk(b"IEND", b"")
        for name in ("a.png", "b.png", "c.png"):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(picture)
        done = self.run("--data", folder, "--out", os.path.join(self.folder, "none"), "-q", "--threads", "2", "--memory", "64", limit=250000)
        self.fails(done, ".png: there is too little memory to decode its 16384 x 16384 pixels")

    def memory(self):
        self.fails(self.run("--data", "builtin:glyphs", "--out", os.path.join(self.folder, "small"), "--steps", "5", "-q", "--threads", "1", limit=22000), "out of memory")


def main(ganc, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program = os.path.join(folder, "trainer")
    subprocess.run([ganc, "build", model, "-q", "--batch", "32", "-o", program], check=True, stdout=subprocess.DEVNULL)
    trouble = Trouble(program, folder)
    skipped = [part() for part in (trouble.full_disk, trouble.read_only, trouble.vanished, trouble.memory, trouble.pictures)]
    print("left out: " + ", ".join(s for s in skipped if s) if any(skipped) else "all kinds of trouble are told and survived")


if __name__ == "__main__":
    main(*sys.argv[1:])
