"""Files of tensors (safetensors) with nothing but Python: {name: (shape, numbers)}."""
import json
import struct


def write_tensors(path, tensors):
    """safetensors of (shape, numbers) by name."""
    header, data = {}, b""
    for name, (shape, numbers) in tensors.items():
        part = struct.pack(f"<{len(numbers)}f", *numbers)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def read_tensors(path):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    found = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + o for o in entry["data_offsets"])
            code, width = ("d", 8) if entry["dtype"] == "F64" else ("f", 4)
            found[name] = (entry["shape"], struct.unpack(f"<{(end - begin) // width}{code}", data[begin:end]))
    return found
