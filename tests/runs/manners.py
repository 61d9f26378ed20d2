"""How a trainer treats the machine that it runs on: signals, closed and full outputs, links and devices, names that a terminal
would obey, other people's files, several trainers on one folder, limits of the system.

usage: manners.py GANC MODEL.gan FOLDER        what needs root is left out (and named) without it
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

LONG = ["--steps", "10000000", "--save-every", "1000"]


def names(folder):
    return sorted(os.listdir(folder))


class Manners:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def shell(self, script, cwd=None):
        return subprocess.run(["bash", "-c", script.replace("PROGRAM", self.program)], capture_output=True, text=True, cwd=cwd or self.folder, timeout=300)

    def train(self, *arguments, **options):
        return subprocess.Popen([self.program, "train", "--data", "builtin:glyphs", *arguments], stderr=subprocess.PIPE, **options)

    def trained(self, *arguments):
        process = self.train("-q", *arguments)
        said = process.communicate()[1].decode()
        assert process.returncode == 0, said

    def wait_for(self, process, path):
        while not os.path.exists(path):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)

    def signals_save(self):
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)  # who ignores a signal starts children that ignore it
            run = self.path("signal" + number.name)
            process = self.train("--out", run, "-q", *LONG)
            self.wait_for(process, os.path.join(run, "metrics.jsonl"))
            process.send_signal(number)
            said = process.communicate()[1].decode()
            assert process.returncode == 128 + number and "interrupted and saved" in said, (number, process.returncode, said)
            assert "last.safetensors" in names(os.path.join(run, "checkpoints"))

    def reader_gone(self):
        run = self.path("reader")
        reading, writing = os.pipe()
        process = self.train("--out", run, "--json", *LONG, stdout=writing)
        os.close(writing)
        os.read(reading, 1)
        os.close(reading)
        said = process.communicate()[1].decode()
        assert process.returncode == 128 + signal.SIGPIPE, (process.returncode, said)
        assert "last.safetensors" in names(os.path.join(run, "checkpoints"))

    def signal_while_loading(self):
        images = self.path("images")
        os.makedirs(images)
        assert self.shell("PROGRAM sample --checkpoint signalSIGTERM --count 1 -o one.png").returncode == 0
        for i in range(30000):
            os.link(self.path("one.png"), os.path.join(images, f"{i}.png"))
        process = subprocess.Popen([self.program, "train", "--data", images, "--out", self.path("loading")], stderr=subprocess.DEVNULL)
        time.sleep(0.2)
        process.terminate()
        assert process.wait() == -signal.SIGTERM
        assert not os.path.exists(self.path("loading"))
        shutil.rmtree(images)

    def closed_descriptors(self):
        done = self.shell("PROGRAM train --data builtin:glyphs --out closed --steps 200 <&- >&- 2>&-")
        assert done.returncode == 0
        with open(self.path("closed", "metrics.jsonl")) as lines:
            assert [json.loads(line)["iteration"] for line in lines][-1] == 200

    def outputs_that_fail(self):
        for words in ("--help", "--version", "train --help", "--completion bash", "info", "info --json", "sample --checkpoint closed -o -",
                      "encode --checkpoint closed -o -", "evaluate --checkpoint closed", "evaluate --checkpoint closed --json", "bench --steps 2"):
            done = self.shell(f"PROGRAM {words} > /dev/full")
            assert done.returncode == 1 and "standard output" in done.stderr, (words, done)

    def places_to_write(self):
        os.symlink("aim.png", self.path("link.png"))
        assert self.shell("PROGRAM sample --checkpoint closed --count 1 -o link.png").returncode == 0
        assert os.path.islink(self.path("link.png")) and os.path.getsize(self.path("aim.png")) > 60
        assert self.shell("PROGRAM sample --checkpoint closed --count 1 --format png -o /dev/null").returncode == 0
        assert not os.path.isfile("/dev/null")
        done = self.shell("PROGRAM sample --checkpoint closed --count 1 --format png -o /dev/full")
        assert done.returncode == 1 and "/dev/full: cannot be written: No space left" in done.stderr, done

    def killed_while_writing(self):
        try:
            os.close(os.open(self.folder, os.O_TMPFILE | os.O_WRONLY))
        except OSError:
            return "a kill in the middle of a file (this file system has none without names)"
        before = names(self.folder)
        for out in ("large.npy", "large.safetensors"):
            process = subprocess.Popen([self.program, "sample", "--checkpoint", self.path("closed"), "--count", "100000000", "-o", self.path(out)])
            time.sleep(0.5)
            process.kill()
            assert process.wait() == -signal.SIGKILL
        assert names(self.folder) == before

    def folders_to_train_in(self):
        for name, where in (("here", "."), ("linked", "../link-to-linked"), ("new/deep/er", None)):
            run = self.path(name)
            if where:
                os.makedirs(run)
            if name == "linked":
                os.symlink("linked", self.path("link-to-linked"))
            self.shell(f"cd {run if where else self.folder} && PROGRAM train --data builtin:glyphs --steps 3 -q --out {where or name}")
            assert "final.safetensors" in names(os.path.join(run, "checkpoints")), name
        mount = self.path("mounted")
        os.makedirs(mount)
        if subprocess.run(["mount", "-t", "tmpfs", "none", mount], capture_output=True).returncode:
            return "an empty mount point"
        try:
            self.trained("--steps", "3", "--out", mount)
            assert "config.json" in names(mount)
        finally:
            subprocess.run(["umount", mount])

    def failures_leave_nothing(self):
        before = names(self.folder)
        for words in ("--data missing --out left", "--data builtin:glyphs --set nothing=1 --out left", "--data builtin:glyphs --out closed",
                      "--data builtin:glyphs --out aim.png", "--data builtin:glyphs --warm-start aim.png --out left"):
            assert self.shell("PROGRAM train -q " + words).returncode == 1, words
        assert names(self.folder) == before

    def others_files(self):
        run = self.path("closed")
        mine = [os.path.join(run, "checkpoints", name) for name in ("notes.tmp1", "last.safetensors.tmp7", "a.tmpl", ".ganc-notes")]
        unfinished = os.path.join(run, "checkpoints", ".ganc-aB3dE9")
        for path in mine + [unfinished]:
            with open(path, "w") as file:
                file.write("x")
        assert self.shell("PROGRAM train --resume closed --steps 210 -q").returncode == 0
        assert all(map(os.path.exists, mine)) and not os.path.exists(unfinished)

    def four_at_once(self):
        before = names(self.folder)
        for _ in range(3):
            several = [self.train("-q", "--force", "--steps", "400", "--out", self.path("contested")) for _ in range(4)]
            said = [process.communicate()[1].decode() for process in several]
            assert sorted(process.returncode for process in several) == [0, 1, 1, 1], said
            assert sum("another trainer" in words for words in said) == 3, said
            assert names(self.folder) == sorted(before + ["contested"])
            assert names(self.path("contested", "checkpoints")) == ["final.safetensors"]

    def names_are_shown(self):
        odd = os.path.join(os.fsencode(self.folder), b"caf\xe9\x1b[31m")
        done = self.shell("n=$(printf 'no\\351\\033[31m'); PROGRAM train --data \"$n\" --out left")
        assert done.returncode == 1 and "no\\xe9\\x1b[31m" in done.stderr, done
        done = self.shell("n=$(printf 'caf\\351\\033[31m'); mkdir \"$n\" && for i in {1..40}; do ln aim.png \"$n\"/$i.png; done && "
                          "PROGRAM train --data \"$n\" --steps 2 --out \"$n-run\" && PROGRAM sample --count 1 --checkpoint \"$n-run\" -o \"$n-run/a.png\" && "
                          "PROGRAM train --resume \"$n-run\" --data \"$n\" --steps 3")
        assert done.returncode == 0 and "caf\\xe9\\x1b[31m" in done.stdout and "\x1b" not in done.stdout + done.stderr, done
        with open(os.path.join(odd + b"-run", b"config.json")) as config:
            assert json.load(config)["options"]["data"] == "caf\\xe9\\x1b[31m"
        shutil.rmtree(odd)

    def limits(self):
        for limit in ("-n 3", "-n 4", "-n 5", "-n 6", "-n 8", "-v 60000", "-v 30000", "-f 1"):
            done = self.shell(f"ulimit {limit}; PROGRAM train --data builtin:glyphs --steps 2 --out limited --force -q 2>&1; echo status $?")
            status = int(done.stdout.split()[-1])
            assert status in (0, 1, 127, 128 + signal.SIGXFSZ), (limit, done)  # 127: the program did not even start
            assert (": error: " in done.stdout) == (status == 1), (limit, done)
            assert status or limit != "-f 1", done  # not even the configuration fits
            shutil.rmtree(self.path("limited"), ignore_errors=True)


def main(ganc, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program = os.path.join(folder, "trainer")
    subprocess.run([ganc, "build", model, "-q", "--batch", "32", "-o", program], check=True, stdout=subprocess.DEVNULL)
    manners = Manners(program, folder)
    skipped = [part() for part in (manners.signals_save, manners.reader_gone, manners.signal_while_loading, manners.closed_descriptors,
                                   manners.outputs_that_fail, manners.places_to_write, manners.killed_while_writing, manners.folders_to_train_in, manners.failures_leave_nothing,
                                   manners.others_files, manners.four_at_once, manners.names_are_shown, manners.limits)]
    print("left out: " + ", ".join(s for s in skipped if s) if any(skipped) else "all manners are as they should be")


if __name__ == "__main__":
    main(*sys.argv[1:])
