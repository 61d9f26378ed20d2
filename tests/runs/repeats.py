# What of a run's folder repeats to the byte, for tests that compare two runs.
import os


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
