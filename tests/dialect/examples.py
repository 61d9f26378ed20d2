#!/usr/bin/env python3
"""The examples of the operations as one module, for gan-opt: examples.py FILE.td .. Fails where an operation has none."""

import pathlib
import re
import sys

text = "".join(pathlib.Path(path).read_text() for path in sys.argv[1:])
TOP = ("gan.network", "gan.state", "gan.data", "gan.number", "gan.graph")
WITHOUT = {"Gan_YieldOp"}  # ends the examples of steps and kernels
missing = []
print('gan.data vector @x [3] in 0.0, 1.0')
for match in re.finditer(r"^def (Gan_\w+Op) :(.*?)^}", text, re.M | re.S):
    example = re.search(r"```mlir\n(.*?)```", match[2], re.S)
    if not example:
        missing.append(match[1])
        continue
    lines = example[1].rstrip()
    if lines.lstrip().startswith("gan.data"):
        lines = lines.replace("@x", "@other")
    print(lines if lines.lstrip().startswith(TOP) else "gan.graph evaluate {\n" + lines + "\n}")
if set(missing) != WITHOUT:
    sys.exit("without an example: " + ", ".join(sorted(set(missing) - WITHOUT)))
