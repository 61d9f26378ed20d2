"""A ganc trainer as seen from Python: its info, and trace with NumPy arrays in and out."""
import json
import os
import struct
import subprocess
import tempfile

import numpy as np
from given import input_value

TYPES = {"F32": np.float32, "F64": np.float64, "U8": np.uint8, "I64": np.int64}


def write_safetensors(path, tensors):
    header, offset, blobs = {}, 0, []
    names = {np.dtype(t): n for n, t in TYPES.items()}
    for name, array in tensors.items():
        blob = np.ascontiguousarray(array)
        header[name] = {"dtype": names[blob.dtype], "shape": list(array.shape), "data_offsets": [offset, offset + blob.nbytes]}
        offset += blob.nbytes
        blobs.append(blob.tobytes())
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def read_safetensors(path):
    with open(path, "rb") as f:
        data = f.read()
    (n,) = struct.unpack("<Q", data[:8])
    out = {}
    for name, e in json.loads(data[8 : 8 + n]).items():
        if name != "__metadata__":
            a, b = e["data_offsets"]
            out[name] = np.frombuffer(data[8 + n + a : 8 + n + b], TYPES[e["dtype"]]).reshape(e["shape"]).astype(np.float64)
    return out


def plain_name(name, suffix):
    """NAME.ITERATION to NAME, NAME.ITERATION.REPETITION to NAME|REPETITION."""
    before, _, last = name.rpartition(".")
    if before.endswith(suffix) and last.isdigit():
        return f"{before[: -len(suffix)]}|{last}"
    return name[: -len(suffix)]


class Trainer:
    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.info = json.loads(subprocess.run([self.program, "info", "--json"], check=True, capture_output=True).stdout)

    def inputs(self, seed):
        """Given values of everything that an iteration reads; those of a repeated step are NAME|REPETITION."""
        out = {}
        for t in self.info["inputs"]:
            for name in [f"{t['name']}|{k}" for k in range(t["times"])] if "times" in t else [t["name"]]:
                out[name] = input_value(name, t["shape"], t["kind"], t["lo"], t["hi"], seed)
        return out

    def trace(self, state, inputs, iteration):
        """State and inputs by plain names; results by plain names."""
        numbered = {}
        for k, v in inputs.items():
            name, _, repetition = k.partition("|")
            numbered[f"{name}.{iteration}" + (f".{repetition}" if repetition else "")] = v
        with tempfile.TemporaryDirectory() as folder:
            write_safetensors(folder + "/s", {k: v.astype(np.float64) for k, v in state.items()})
            write_safetensors(folder + "/i", {k: v.astype(np.float64) for k, v in numbered.items()})
            subprocess.run([self.program, "trace", "--state", folder + "/s", "--inputs", folder + "/i", "--steps", "1", "--start-iteration", str(iteration), "--out", folder + "/o"], check=True)
            return {plain_name(k, f".{iteration}"): v for k, v in read_safetensors(folder + "/o").items()}
