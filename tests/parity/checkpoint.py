"""A trained program's checkpoint loads into PyTorch's modules as it is; exit 77 (skipped) where torch cannot be imported.

usage: checkpoint.py GANC WORK_FOLDER MODEL.gan ...
"""
import importlib
import os
import subprocess
import sys

try:
    import torch
except ImportError:
    print("torch cannot be imported: skipped")
    sys.exit(77)

from trainer import read_safetensors


def main(ganc, folder, models):
    os.makedirs(folder, exist_ok=True)
    for model in models:
        name = os.path.basename(model)[: -len(".gan")]
        program, run = os.path.join(folder, name), os.path.join(folder, name + "-run")
        subprocess.run([ganc, "build", model, "-q", "-o", program, "--batch", "4"], check=True)
        subprocess.run(["rm", "-rf", run], check=True)
        subprocess.run([program, "train", "--data", "builtin:glyphs", "--steps", "2", "-q", "--out", run], check=True)
        file = read_safetensors(os.path.join(run, "checkpoints", "final.safetensors"))
        for block, module in importlib.import_module(name).Model(torch.float32).blocks.items():
            own = {k[len(block) + 1 :]: torch.tensor(v) for k, v in file.items() if k.startswith(block + ".")}
            module.load_state_dict(own, strict=True)
            assert all(torch.equal(v.double(), own[k].double()) for k, v in module.state_dict().items()), name
            print(f"{name}.{block}: {len(own)} tensors loaded")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
