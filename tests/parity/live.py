"""Builds a model and compares its trainer with PyTorch; exit 77 (skipped) where torch cannot be imported.

usage: live.py GANC MODEL.gan WORK_FOLDER
"""
import os
import subprocess
import sys

try:
    import torch  # noqa: F401
except ImportError:
    print("torch cannot be imported: skipped")
    sys.exit(77)

from compare import main

ganc, model, folder = sys.argv[1:4]
name = os.path.basename(model)[: -len(".gan")]
os.makedirs(folder, exist_ok=True)
program = os.path.join(folder, name)
# small batches of the large models: what is compared is the same, the double precision takes less time
batch = ["--batch", "4"] if name in ("dcgan", "vaegan", "infogan", "ss_infogan") else []
subprocess.run([ganc, "build", model, "-q", "-o", program, *batch], check=True)
sys.exit(main(program, name))
