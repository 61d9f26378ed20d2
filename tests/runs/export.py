"""Blocks of trained models as ONNX files and PyTorch modules, and `apply`, which they are compared with.

usage: export.py GANC FOLDER MODEL.gan...

Without onnxruntime and torch the files are taken apart and compared with the model's tensors; with them (`tools/test
--long` brings onnxruntime) they run, on the same numbers as `apply`.
"""
import importlib.util
import json
import os
import shutil
import struct
import subprocess
import sys

from field import tensors

PLACES = "NCHW"
SPREADS = (".log_variance", ".log_scale", ".log_count") # which apply does not show


def run(program, *arguments, fails=False):
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    assert (done.returncode != 0) == fails, (arguments, done.returncode, done.stderr)
    return done.stderr if fails else done.stdout


def product(shape):
    n = 1
    for size in shape:
        n *= size
    return n


def noise(count, seed):
    """Numbers in [0, 1) that are no pattern of the images they fill."""
    state, out = seed * 2654435761 % 2**32, []
    for _ in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        out.append((state >> 8) / 2**24)
    return out


def write_npy(path, shape, values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        f.write(struct.pack(f"<{len(values)}f", *values))


def read_safetensors(path):
    with open(path, "rb") as f:
        size = struct.unpack("<Q", f.read(8))[0]
        header, data = json.loads(f.read(size)), f.read()
    out = {}
    for name, t in header.items():
        if name != "__metadata__":
            first, last = t["data_offsets"]
            out[name] = (t["shape"], struct.unpack(f"<{(last - first) // 4}f", data[first:last]) if t["dtype"] == "F32" else data[first:last])
    return out


def fields(data):
    """A protocol buffer as its fields: (number, value) in order."""
    def varint(at):
        value, shift = 0, 0
        while True:
            byte = data[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value, at
    at, out = 0, []
    while at < len(data):
        key, at = varint(at)
        if key & 7 == 0:
            value, at = varint(at)
        elif key & 7 == 5:
            value, at = struct.unpack("<f", data[at : at + 4])[0], at + 4
        else:
            assert key & 7 == 2, key
            size, at = varint(at)
            value, at = data[at : at + size], at + size
        out.append((key >> 3, value))
    return out


def some(message, number):
    return [value for field, value in message if field == number]


def named_shape(info):
    """The name of an input or output, and its shape; the free number of samples is N."""
    info = fields(info)
    tensor = fields(some(fields(some(info, 2)[0]), 1)[0])
    dims = [fields(dim) for dim in some(fields(some(tensor, 2)[0]), 1)]
    return some(info, 1)[0].decode(), ["N" if some(d, 2) else some(d, 1)[0] for d in dims]


def check_onnx(path):
    """Takes the file apart: every name that is read was written before. Returns its inputs and outputs."""
    with open(path, "rb") as f:
        model = fields(f.read())
    assert some(model, 1) == [8] and some(fields(some(model, 8)[0]), 2) == [17], model
    graph = fields(some(model, 7)[0])
    inputs, outputs = [[named_shape(info) for info in some(graph, k)] for k in (11, 12)]
    known = {name for name, _ in inputs} | {""}
    for constant in map(fields, some(graph, 5)):
        bytes_each = {1: 4, 7: 8}[some(constant, 2)[0]]
        assert len(some(constant, 9)[0]) == bytes_each * product(some(constant, 1))
        known.add(some(constant, 8)[0].decode())
    for node in map(fields, some(graph, 1)):
        read, written = [name.decode() for name in some(node, 1)], [name.decode() for name in some(node, 2)]
        assert set(read) <= known, (read, known)
        assert len(written) == 1 and not set(written) & known and some(node, 4), written
        known |= set(written)
    assert {name for name, _ in outputs} <= known
    return inputs, outputs


def load(path):
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()


def has(module):
    return importlib.util.find_spec(module) is not None


def close(name, got, wanted):
    """The largest difference, relative to the largest number."""
    assert len(got) == len(wanted), (name, len(got), len(wanted))
    largest = max(1e-3, max(abs(v) for v in wanted))
    off = max(abs(a - b) for a, b in zip(got, wanted)) / largest
    assert off < 1e-5, (name, off)


class Model:
    """A built model and a short run of it, on noise."""

    def __init__(self, ganc, path, folder):
        self.ganc, self.name = ganc, os.path.basename(path)[:-4]
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder)
        self.program, self.run = os.path.join(self.folder, "program"), os.path.join(self.folder, "run")
        subprocess.run([ganc, "build", path, "--batch", "4", "-q", "-o", self.program], check=True)
        self.info = json.loads(run(self.program, "info", "--json"))
        data = []
        for k, (name, given) in enumerate(self.declared(path).items()):
            data += ["--data", f"{name}={self.array(name, given, 12, k)}"]
        run(self.program, "train", *data, "--steps", "3", "--out", self.run, "-q")
        self.blocks = [g["block"] for g in self.info["graphs"] if "block" in g]

    def declared(self, path):
        """Declarations of data: shape, range and number of classes."""
        out = {}
        for line in open(path):
            words = line.replace("(", " ").replace(")", " ").replace(",", " ").replace("[", " ").replace("]", " ").split()
            if line.startswith("data "):
                kind = words[2]
                numbers = [float(w) for w in words[3:] if w != "in"]
                size = {"image": 3, "vector": 1, "categorical": 1}[kind]
                low, high = numbers[size:] if len(numbers) > size else (0, 1)
                out[words[1][:-1]] = (kind, [int(n) for n in numbers[:size]], low, high)
        return out

    def array(self, name, given, count, seed):
        kind, shape, low, high = given
        path = os.path.join(self.folder, f"{name}.{seed}.npy")
        if kind == "categorical":
            write_npy(path, [count, shape[0]], [float(k == i % shape[0]) for i in range(count) for k in range(shape[0])])
        else:
            write_npy(path, [count, *shape], [low + (high - low) * v for v in noise(count * product(shape), seed)])
        return path

    def check(self, block):
        onnx, python = os.path.join(self.folder, block + ".onnx"), os.path.join(self.folder, block + "_module.py")
        done = subprocess.run([self.ganc, "export", self.run, "--onnx", block, "-o", onnx], capture_output=True, text=True)
        run(self.ganc, "export", self.run, "--torch", block, "-o", python)
        compile(open(python).read(), python, "exec")
        self.check_tensors(block, python[:-3] + ".safetensors")
        if done.returncode:
            assert "has no counterpart in ONNX" in done.stderr, done.stderr
            return 0
        inputs, outputs = check_onnx(onnx)
        self.compare(block, inputs, outputs, onnx, python)
        return 1

    def check_tensors(self, block, path):
        """What is exported is what the checkpoint holds, but for weights with spectral norms, which are divided by them."""
        final = tensors(os.path.join(self.run, "checkpoints", "final.safetensors"))
        for name, (shape, values) in read_safetensors(path).items():
            name = name.removeprefix("trunk.").removeprefix("head.").replace(".norm.", ".")
            own = next((final[n] for n in (f"average.{block}.{name}", f"{block}.{name}") if n in final), None)
            if own is not None and isinstance(values, tuple):
                assert struct.pack(f"<{len(values)}f", *values) == own, (block, name)

    def compare(self, block, inputs, outputs, onnx, python):
        given, values = [], {}
        for k, (name, shape) in enumerate(inputs):
            classes = self.is_class(block, name)
            path = self.array(name, ("categorical" if classes else "vector" if len(shape) == 2 else "image", shape[1:], 0.05, 0.95), 6, 100 + k)
            given += ["--data", f"{name}={path}"]
            with open(path, "rb") as f:
                values[name] = (shape[1:], f.read()[-4 * 6 * product(shape[1:]) :])
        made = os.path.join(self.folder, block + ".made.safetensors")
        run(self.program, "apply", block, "--checkpoint", self.run, *given, "-o", made)
        wanted = read_safetensors(made)
        plain = [name for name, _ in outputs if not name.endswith(SPREADS)]
        assert len(plain) == len(wanted), (outputs, list(wanted))
        if has("onnxruntime"):
            import numpy
            import onnxruntime
            feed = {n: numpy.frombuffer(b, "<f4").reshape([6, *s]) for n, (s, b) in values.items()}
            session = onnxruntime.InferenceSession(onnx)
            feed = {i.name: feed[i.name] for i in session.get_inputs()}
            got = dict(zip([name for name, _ in outputs], session.run([name for name, _ in outputs], feed)))
            for name, (_, numbers) in zip(plain, wanted.values()):
                close(f"{self.name} {block} {name} by onnxruntime", got[name].ravel().tolist(), numbers)
        if has("torch") and has("safetensors"):
            import torch
            with torch.no_grad():
                got = load(python)(*[torch.frombuffer(bytearray(b), dtype=torch.float32).view(6, *s) for s, b in values.values()])
            got = [v for n, v in got.items() if not n.endswith(SPREADS)] if isinstance(got, dict) else [got]
            for value, (name, (_, numbers)) in zip(got, wanted.items()):
                close(f"{self.name} {block} {name} by torch", value.ravel().tolist(), numbers)

    def is_class(self, block, name):
        graph = next(g for g in self.info["graphs"] if g.get("block") == block)
        return {i["name"]: i["kind"] for i in graph["inputs"]}.get(name) in ("label", "categorical")


def check_sentences(ganc, model, folder):
    error = run(ganc, "export", model.run, "--onnx", "Pp", fails=True)
    assert "the model has no block Pp" in error, error
    error = run(ganc, "export", folder, "--onnx", "P", fails=True)
    assert "config.json" in error, error
    error = run(ganc, "export", model.run, fails=True)
    assert "ganc export needs --onnx BLOCK or --torch BLOCK" in error, error


def main():
    ganc, folder, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    written = 0
    for path in paths:
        model = Model(ganc, path, folder)
        written += sum(model.check(block) for block in model.blocks)
    check_sentences(ganc, model, folder)
    assert written >= len(paths), written
    print(f"{written} blocks, " + ", ".join(m for m in ("onnxruntime", "torch") if has(m)))


if __name__ == "__main__":
    main()
