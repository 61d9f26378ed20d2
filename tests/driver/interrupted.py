# Ends a build by each signal, at a random moment, and looks at what is left: MODEL FOLDER
import os
import random
import shutil
import signal
import subprocess
import sys
import time

model, folder = sys.argv[1:]


def commands_with(text):
    """Processes that were given `text` as an argument."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if text.encode() in file.read():
                    found.append(pid)
        except OSError:
            pass  # it has just ended
    return found


for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGKILL):
    shutil.rmtree(folder, ignore_errors=True)
    temporary = os.path.join(folder, "tmp")
    os.makedirs(temporary)
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)  # who ignores a signal starts children that ignore it
    ganc = subprocess.Popen(["ganc", "build", model, "--no-cache", "-q", "-o", os.path.join(folder, "out")],
                            env=dict(os.environ, TMPDIR=temporary), stderr=subprocess.PIPE)
    while not os.listdir(temporary) and ganc.poll() is None:
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.5))
    ganc.send_signal(number)
    said = ganc.communicate()[1].decode()
    assert ganc.returncode == -number, f"{number.name}: exit status {ganc.returncode}"
    assert said == "", f"{number.name}: it said {said}"
    deadline = time.time() + 60  # after SIGKILL the system itself ends the children
    inside = os.path.join(folder, "")  # copies of ganc and the linker have paths in it among their arguments
    while commands_with(inside) and time.time() < deadline:
        time.sleep(0.01)
    assert not commands_with(inside), f"{number.name}: children are left"
    if number != signal.SIGKILL:  # which nothing can be done about
        assert os.listdir(temporary) == [], f"{number.name}: {os.listdir(temporary)} is left"
    assert os.listdir(folder) == ["tmp"], f"{number.name}: {os.listdir(folder)} is left"
