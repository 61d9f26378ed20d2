"""A machine for `ganc tune --runner`, whose times are a formula of the schedule, so that a search is the same every time.

usage: fake_runner.py FOLDER TEXT < PROGRAM

Kernels are not run. In FOLDER, each of the files `crash`, `hang`, `wrong`, `nonsense` may have a text: a schedule with
it does that. Trainers only list their kernels.
"""
import json
import math
import os
import re
import subprocess
import sys
import time

SCHEDULE = rb"v\d+ (?:map|reduction|contraction|convolution|draw) [a-z_=0-9 ]*[a-z0-9]"


def milliseconds(schedule):
    """The best are tiles of 8 rows and 2 vectors, of 16 lanes, tasks of blocks of columns."""
    field = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", schedule)}
    off = abs(math.log2(field.get("rows", 8) / 8)) + abs(math.log2(field.get("columns", 32) / 32))
    return 1 + 0.3 * off + 0.5 * math.log2(16 / field["vec"]) + (0 if field.get("task", 1) else 0.5) + 0.1 * field.get("by_rows", 0)


def bench(text, program):
    """The step of a trainer, of which `info` tells the kernels: nothing needs to run for that."""
    info = re.sub(r"'bench'[^;]*", "'info' '--json'", text)
    kernels = json.loads(subprocess.run(["sh", "-c", info], input=program, stdout=subprocess.PIPE, check=True).stdout)["kernels"]
    calls = [{"kernel": kernel["name"], "us": 1000 * milliseconds(kernel["schedule"]), "bound_us": 500} for kernel in kernels]
    roofline = {"peak_gflops": 400, "bandwidths": [{"mib": 1, "gbytes": 200}, {"mib": 256, "gbytes": 30}]}
    print(json.dumps({"ms_median": sum(call["us"] for call in calls) / 1000, "threads": 2, "profile": calls, "roofline": roofline}))


def fault(folder, schedule):
    for name in ("crash", "wrong", "nonsense", "hang"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path) as file:
                if file.read() in schedule:
                    return name
    return ""


def main(folder, text):
    program = sys.stdin.buffer.read()
    if "'bench'" in text:
        bench(text, program)
        return
    schedule = re.search(SCHEDULE, program)[0].decode()
    what = fault(folder, schedule)
    if what == "crash":
        sys.exit(139)
    if what == "hang" and "vec=4 task=0 rows=1 columns=4" not in schedule: # but not the default
        os.remove(os.path.join(folder, "hang")) # once, as it takes its time
        time.sleep(1000)
    if what == "nonsense":
        print("it works!")
        return
    ms = milliseconds(schedule)
    print(json.dumps({"machine": "fake", "threads": 2, "runs": 5, "ms_median": ms, "ms_best": ms}))
    sys.stdout.flush()
    sys.stdout.buffer.write((b"\0\0\x80\x3f" if what == "wrong" else bytes(4)) * 250_000)


if __name__ == "__main__":
    main(*sys.argv[1:])
