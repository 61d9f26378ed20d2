"""A ganc trainer as seen from Python: its info, and trace with NumPy arrays in and out."""
import json
import os
import struct
import subprocess
import tempfile

import numpy as np

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


class Trainer:
    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.info = json.loads(subprocess.run([self.program, "info", "--json"], check=True, capture_output=True).stdout)

    def trace(self, state, inputs, iteration):
        """State and inputs by plain names; results by plain names."""
        with tempfile.TemporaryDirectory() as folder:
            write_safetensors(folder + "/s", {k: v.astype(np.float64) for k, v in state.items()})
            write_safetensors(folder + "/i", {f"{k}.{iteration}": v.astype(np.float64) for k, v in inputs.items()})
            subprocess.run([self.program, "trace", "--state", folder + "/s", "--inputs", folder + "/i", "--steps", "1", "--start-iteration", str(iteration), "--out", folder + "/o"], check=True)
            suffix = f".{iteration}"
            return {k[: -len(suffix)]: v for k, v in read_safetensors(folder + "/o").items()}
