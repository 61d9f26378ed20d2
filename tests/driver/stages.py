#!/usr/bin/env python3
"""The text of every stage of one small model, as it was last looked at: stages.py GANC FOLDER. GANC_UPDATE=1 rewrites the
texts, whose changes are then to be read."""

import difflib
import os
import pathlib
import subprocess
import sys

STAGES = ["tokens", "ast", "model", "gan", "grad", "fused", "planned", "kernels", "schedule", "stmt", "program"]


def main() -> int:
    ganc, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    changed = 0
    for stage in STAGES:
        text = subprocess.run([ganc, "emit", f"--stage={stage}", "--target", "x86-64-v3", "small.gan"], cwd=folder,
                              check=True, capture_output=True, text=True).stdout
        path = folder / f"{stage}.txt"
        if os.environ.get("GANC_UPDATE"):
            path.write_text(text)
            continue
        before = path.read_text()
        if text != before:
            changed += 1
            lines = difflib.unified_diff(before.splitlines(), text.splitlines(), str(path), f"--stage={stage}",
                                         lineterm="")
            print("\n".join(list(lines)[:40]))
    return 1 if changed else 0


sys.exit(main())
