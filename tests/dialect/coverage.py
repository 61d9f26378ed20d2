#!/usr/bin/env python3
"""Each message of the dialect's verifiers is expected once in verify.mlir: coverage.py DIALECT_FOLDER VERIFY_MLIR."""

import pathlib
import re
import sys

expected = pathlib.Path(sys.argv[2]).read_text()
missing, count = [], 0
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.cpp")):
    for message in re.findall(r'emitOpError\("([^"]+)"\)', path.read_text()):
        count += 1
        if message.split(":")[0].strip() not in expected:
            missing.append(f"{path.name}: no test expects `{message}`")
print("\n".join(missing) or f"{count} messages are tested")
sys.exit(1 if missing or count < 30 else 0)
