"""Data, networks and ends of runs as people bring them: pairs of folders, sets that do not belong together, tables, labels of
their own, frozen blocks from files, early stopping, samples as lines of text.

usage: field.py GANC MODEL.gan FOLDER        MODEL.gan is a model of pictures, with which the folders are filled
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib

PAIRS = """model pairs
data a: image(1, 8, 8) in [0, 1]
data b: image(1, 8, 8) in [0, 1]
data kind: categorical(2)
decoder G(a, kind) -> image(1, 8, 8) {
    conv 3, kernel 3, pad 1 ; relu ; conv 1, kernel 3, pad 1 ; sigmoid
}
train {
    batch 4
    metric mean_b = mean(b)
    step G with sgd(lr 0.1) {
        minimize mean(square(G(a, kind) - b))
    }
}
"""

TABLE = """model table
data x: vector(3) in [-1, 1]
latent z: normal(2)
frozen encoder F(x) -> vector(4) from "features.safetensors" {
    linear 5 ; batch_norm ; tanh ; linear
}
encoder E(x) -> gaussian(2) {
    linear
}
decoder P(z) -> vector(3) {
    linear ; tanh
}
train {
    batch 4
    const rate = 0.01
    metric fixed = mean(F(x))
    step E, P with adam(lr rate) {
        let made = P(sample(E(x)))
        minimize sum(square(F(made) - F(x))) + kl(E(x), standard_normal)
    }
}
"""

CLASSES = """model classes
data x: image(1, 8, 8) in [0, 1]
data y: categorical(10)
latent z: normal(2)
decoder G(z, y) -> bernoulli(1, 8, 8) {
    linear
}
train {
    batch 4
    step G with sgd(lr 0.1) {
        maximize log_prob(G(z, y), x)
    }
}
"""


def run(program, *arguments, fails=False):
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    assert (done.returncode != 0) == fails, (arguments, done.returncode, done.stderr)
    return done.stderr if fails else done.stdout


def build(ganc, folder, name, text):
    with open(os.path.join(folder, name + ".gan"), "w") as f:
        f.write(text)
    program = os.path.join(folder, name)
    subprocess.run([ganc, "build", program + ".gan", "-q", "-o", program], check=True)
    return program


def tensors(path):
    with open(path, "rb") as f:
        size = struct.unpack("<Q", f.read(8))[0]
        header, data = json.loads(f.read(size)), f.read()
    return {k: data[v["data_offsets"][0] : v["data_offsets"][1]] for k, v in header.items() if k != "__metadata__"}


def epochs(run_folder):
    with open(os.path.join(run_folder, "metrics.jsonl")) as f:
        return [line for line in map(json.loads, f) if "epoch" in line]


def pictures(ganc, model, folder):
    """Folders A, B and more of pictures with the same and with other names."""
    program = os.path.join(folder, "pictures")
    subprocess.run([ganc, "build", model, "-q", "-o", program], check=True)
    out = os.path.join(folder, "run")
    run(program, "train", "--data", "builtin:glyphs", "--steps", "1", "--out", out, "-q")
    for name, count in (("A", 12), ("B", 12), ("more", 19)):
        run(program, "sample", "--checkpoint", out, "--count", str(count), "-o", os.path.join(folder, name) + "/")
    os.remove(os.path.join(folder, "B", "0003.png"))
    os.rename(os.path.join(folder, "B", "0011.png"), os.path.join(folder, "B", "other.png"))


def check_pairs(program, folder):
    here = lambda name: os.path.join(folder, name)
    with open(here("kinds.csv"), "w") as f:
        f.write("file,kind\n" + "".join(f"{i:04d}.png,{'left' if i % 2 else 'right'}\n" for i in reversed(range(30))))
    sources = ["--data", "a=" + here("A"), "--data", "b=" + here("B"), "--data", "kind=" + here("kinds.csv:kind")]
    error = run(program, "train", *sources, "--out", here("r0"), "-q", fails=True)
    assert "a has 12 samples in " in error and "b has 11 in " in error and "0003.png, 0011.png" in error, error
    for name in ("0003.png", "0011.png"):
        os.remove(os.path.join(here("A"), name))
    run(program, "train", *sources, "--epochs", "2", "--out", here("r1"), "-q")
    config = json.load(open(os.path.join(here("r1"), "config.json")))
    assert config["options"]["data"] == sources[1::2], config["options"]
    made = run(program, "reconstruct", "--checkpoint", here("r1"), "-o", here("r1.png"))  # from the data of the run
    assert made.strip().endswith("r1.png"), made
    told = run(program, "info", *sources)
    assert "b:\n" in told and "kind:\n  10 labels\n" in told and "0 left: 4" in told, told
    error = run(program, "train", "--data", here("A"), "--out", here("r2"), "-q", fails=True)
    assert "the model declares data b: --data b=SOURCE tells where it is" in error, error
    # resumed in the middle, the same bytes: each set has its place in an order of its own
    loose = ["--data", "a=" + here("A"), "--data", "b=" + here("more"), "--data", "kind=" + here("loose.csv"), "--unpaired", "-q"]
    with open(here("loose.csv"), "w") as f:
        f.write("kind\n" + "0\n1\n" * 9)
    run(program, "train", *loose, "--steps", "20", "--out", here("r3"))
    run(program, "train", *loose, "--steps", "9", "--out", here("r4"))
    run(program, "train", "--resume", here("r4"), "--steps", "20", "-q")
    assert tensors(here("r3/checkpoints/final.safetensors")) == tensors(here("r4/checkpoints/final.safetensors"))


def write_png(path, width, height, pixels):
    """A grey picture; `pixels` are its bytes, row by row."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = b"".join(b"\0" + pixels[y * width : (y + 1) * width] for y in range(height))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)))
        f.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def check_halves(program, folder):
    """Pictures that hold a pair are what the two pictures are, also where they are altered."""
    here = lambda name: os.path.join(folder, name)
    noise = lambda seed: bytes((seed * 37 + k * k * 11 + k * 5) % 256 for k in range(64))
    for i in range(10):
        a, b = noise(i), noise(i + 50)
        for name, pixels in (("left", a), ("right", b)):
            write_png(here(f"{name}/{i}.png"), 8, 8, pixels)
        write_png(here(f"wide/{i}.png"), 16, 8, b"".join(a[8 * y : 8 * y + 8] + b[8 * y : 8 * y + 8] for y in range(8)))
        write_png(here(f"tall/{i}.png"), 8, 16, b + a)
    with open(here("ten.csv"), "w") as f:
        f.write("kind\n" + "0\n1\n" * 5)
    kind = ["--data", "kind=" + here("ten.csv"), "--augment", "flip, crop 0.7, shift 1", "--steps", "6", "-q"]
    final = lambda name: tensors(here(name + "/checkpoints/final.safetensors"))
    run(program, "train", "--data", "a=" + here("left"), "--data", "b=" + here("right"), *kind, "--out", here("h0"))
    run(program, "train", "--data", "a,b=" + here("wide") + " split columns", *kind, "--out", here("h1"))
    run(program, "train", "--data", "b,a=" + here("tall/ split rows"), *kind, "--out", here("h2"))
    assert final("h0") == final("h1") == final("h2")
    run(program, "train", "--resume", here("h1"), "--steps", "7", "-q")
    apply = lambda *more: run(program, "apply", "G", "--set", "kind=1", "--checkpoint", here("h1"), *more)
    apply("-o", here("of_run.csv"))  # the left halves of the run's pictures
    apply("--data", "a,b=" + here("wide") + " split columns", "-o", here("of_halves.csv"))
    apply("--data", here("left"), "-o", here("of_left.csv"))
    assert open(here("of_run.csv")).read() == open(here("of_left.csv")).read() == open(here("of_halves.csv")).read()
    refused = lambda word: run(program, "train", "--data", word, *kind, "--out", here("h3"), fails=True)
    assert "one.png has 15 x 8 pixels, which 2 equal parts by columns do not divide" in (write_png(here("odd/one.png"), 15, 8, bytes(120)), refused("a,b=" + here("odd") + " split columns"))[1]
    assert "cuts it, or split rows" in refused("a,b=" + here("wide"))
    assert "`split columns`, side by side, or `split rows`" in refused("a,b=" + here("wide") + " split column")
    assert "a name for each part stands in front, from the left" in refused("a=" + here("wide") + " split columns")
    assert "only pictures of a folder are cut" in refused("a,b=" + here("ten.csv") + " split rows")


def check_table(program, folder):
    here = lambda name: os.path.join(folder, name)
    with open(here("t.csv"), "w") as f:
        f.write("u,v,w,name\n" + "".join(f"{(i % 7) / 7},{-(i % 5) / 5},{(i % 3) / 3},row {i}\n" for i in range(64)))
    data = ["--data", here("t.csv:u,v,w"), "--holdout", "0.25", "-q"]
    error = run(program, "train", *data, "--out", here("t0"), fails=True)
    assert "features.safetensors: the tensors of block F are read from it" in error and "--load F=FILE" in error, error
    # The file of another program: the tensors of a Sequential, without the name of the block.
    numbers = lambda *shape: ("F32", list(shape), struct.pack(f"<{n(shape)}f", *((i % 11 - 5) / 9 for i in range(n(shape)))))
    n = lambda shape: shape[0] * (shape[1] if len(shape) > 1 else 1)
    given = {"0.weight": numbers(5, 3), "0.bias": numbers(5), "1.weight": numbers(5), "1.bias": numbers(5), "1.running_mean": numbers(5), "1.running_var": ("F32", [5], struct.pack("<5f", *[1.0] * 5)), "1.num_batches_tracked": ("I64", [], struct.pack("<q", 7)), "3.weight": numbers(4, 5), "3.bias": numbers(4)}
    header, body = {}, b""
    for name, (kind, shape, content) in given.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(body), len(body) + len(content)]}
        body += content
    text = json.dumps(header).encode()
    with open(here("net.safetensors"), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)
    load = ["--load", "F=" + here("net.safetensors")]
    run(program, "train", *data, *load, "--epochs", "3", "--out", here("t1"))
    final = tensors(here("t1/checkpoints/final.safetensors"))
    for name in ("0.weight", "1.running_mean", "3.bias"):
        assert final["F." + name] == given[name][2], name
    assert not any(name.startswith("optim") and ".F." in name for name in final), list(final)
    error = run(program, "train", *data, "--load", "F=" + here("t1/checkpoints/final.safetensors"), "--load", "G=x", "--out", here("t2"), fails=True)
    assert "the model has no block G; it has F, E, P" in error, error
    # no epoch is better than the first by a metric that stays; stopped and resumed, the run ends at the same epoch
    still = [*data, *load, "--set", "rate=0", "--best", "max:fixed", "--epochs", "50"]
    run(program, "train", *still, "--stop-after", "4", "--out", here("t3"))
    count = len(epochs(here("t3")))
    assert count == 5, count
    run(program, "train", *still, "--stop-after", "4", "--steps", "24", "--out", here("t4"))
    run(program, "train", "--resume", here("t4"), "--epochs", "50", "-q")
    assert len(epochs(here("t4"))) == count, (len(epochs(here("t4"))), count)
    assert "--stop-after needs --best" in run(program, "train", *data, "--stop-after", "4", "--out", here("t5"), fails=True)
    run(program, "sample", "--checkpoint", here("t1"), "--count", "300", "-o", here("s.csv"))
    lines = open(here("s.csv")).read().splitlines()
    assert lines[0] == "P.0,P.1,P.2" and len(lines) == 301 and all(len(line.split(",")) == 3 for line in lines), lines[:2]


def check_augmentation(program, folder):
    """The same bytes for any number of threads, stopped and resumed; another run than without."""
    here = lambda name: os.path.join(folder, name)
    train = lambda out, *more: run(program, "train", "--data", "builtin:glyphs", "-q", "--out", here(out), *more)
    altered = ["--augment", "flip, shift 1, crop 0.8, rotate 15, brightness 0.1, contrast 0.2"]
    train("g0", "--steps", "12", "--threads", "1", *altered)
    train("g1", "--steps", "5", "--threads", "2", *altered)
    run(program, "train", "--resume", here("g1"), "--steps", "12", "-q")
    train("g2", "--steps", "12")
    final = lambda name: tensors(here(name + "/checkpoints/final.safetensors"))
    assert final("g0") == final("g1") and final("g0") != final("g2")
    # a run of an earlier version, which had an option of its own for it
    train("g5", "--steps", "12", "--augment", "flip")
    train("g6", "--steps", "5", "--augment", "flip")
    config = json.load(open(here("g6/config.json")))
    del config["options"]["augment"]
    config["options"]["flip"] = True
    json.dump(config, open(here("g6/config.json"), "w"))
    run(program, "train", "--resume", here("g6"), "--steps", "12", "--augment", "flip", "-q")
    assert final("g5") == final("g6") and final("g5") != final("g2")
    assert "flip" not in json.load(open(here("g6/config.json")))["options"]
    error = run(program, "train", "--data", here("A"), "--balance", "--set", "G.lr=0", "--out", here("g3"), fails=True)
    assert "A: " in error and "label" in error, error
    train("g4", "--steps", "12", "--balance")  # classes that are equally frequent; the order is another one
    assert final("g4") != final("g2")
    error = run(program, "train", "--data", "builtin:glyphs", "--augment", "flip, rotat 5", "--out", here("g3"), fails=True)
    assert "--augment rotat 5: did you mean rotate?" in error, error


def check_classes(program, folder):
    here = lambda name: os.path.join(folder, name)
    run(program, "train", "--data", "builtin:glyphs", "--steps", "2", "--out", here("c"), "-q")
    sample = ["sample", "--checkpoint", here("c"), "--count", "3", "--per-class"]
    run(program, *sample, "y", "-o", here("per") + "/")
    assert len(os.listdir(here("per"))) == 10 and all(len(os.listdir(os.path.join(here("per"), c))) == 3 for c in os.listdir(here("per")))
    run(program, *sample, "y", "-o", here("per.csv"))
    assert len(open(here("per.csv")).readlines()) == 31
    error = run(program, *sample, "z", "-o", here("per.csv"), fails=True)
    assert "--per-class z: there is y" in error, error


ATTRIBUTES = """model attributes
data x: image(1, 8, 8) in [0, 1]
data a: vector(3) in [-1, 1]
data y: categorical(4)
latent z: normal(2)
encoder E(x) -> gaussian(2) {
    flatten ; linear
}
decoder P(z, a, y) -> bernoulli(1, 8, 8) {
    linear
}
discriminator C(image(1, 8, 8)) -> categorical(4) {
    flatten ; linear
}
train {
    batch 4
    step E, P with adam(lr 0.1) {
        let q = E(x)
        maximize log_prob(P(sample(q), a, y), x) - kl(q, standard_normal)
    }
    step C with adam(lr 0.1) {
        maximize log_prob(C(x), y)
    }
}
"""


def check_apply(program, folder):
    """Blocks on given data, one after the other: by names of inputs, by --set, by what the block before makes."""
    here = lambda name: os.path.join(folder, name)
    names = sorted(os.listdir(here("A")))
    with open(here("a.csv"), "w") as f:
        f.write("file,a,b,c\n" + "".join(f"{n},{(i % 3) - 1},{(i % 2) * 2 - 1},0.5\n" for i, n in enumerate(names)))
    with open(here("y.csv"), "w") as f:
        f.write("file,y\n" + "".join(f"{n},{i % 4}\n" for i, n in enumerate(names)))
    data = ["--data", here("A"), "--data", "a=" + here("a.csv"), "--data", "y=" + here("y.csv")]
    run(program, "train", *data, "--steps", "8", "--out", here("p0"), "-q")
    apply = lambda *more, fails=False: run(program, "apply", *more, "--checkpoint", here("p0"), fails=fails)
    cells = lambda name: [[float(v) for v in line.split(",")] for line in open(here(name)).read().splitlines()[1:]]
    apply("E", "--data", here("A"), "-o", here("z.csv"))
    apply("E", "P", "--data", here("A"), "--data", "a=" + here("a.csv"), "--set", "y=2", "-o", here("whole.csv"))
    with open(here("codes.csv"), "w") as f:
        f.write("file,u,v\n" + "".join(f"{n},{line}" for n, line in zip(names, open(here("z.csv")).readlines()[1:])))
    apply("P", "--data", "z=" + here("codes.csv"), "--data", "a=" + here("a.csv"), "--set", "y=2", "-o", here("parts.csv"))
    whole, parts = cells("whole.csv"), cells("parts.csv")
    assert len(whole) == len(names) and len(whole[0]) == 64
    assert max(abs(u - v) for p, q in zip(whole, parts) for u, v in zip(p, q)) < 1e-4
    # a classifier of what was made; its rows are distributions
    apply("E", "P", "C", "--data", here("A"), "--set", "a=1,-1,0.5", "--set", "y=1", "-o", here("c.csv"))
    assert all(abs(sum(row) - 1) < 1e-5 for row in cells("c.csv"))
    apply("E", "P", "--set", "a=0", "--set", "y=1", "--data", here("A"), "-o", here("made") + "/")
    assert sorted(os.listdir(here("made"))) == names, os.listdir(here("made"))
    apply("P", "--set", "a=0", "--set", "y=1", "--count", "5", "-o", here("five.csv"))  # z is drawn
    assert len(cells("five.csv")) == 5
    assert "C takes input (1, 8, 8); E before it makes E (2)" in apply("E", "C", "--data", here("A"), fails=True)
    assert "the model has no block Q; it has E, P, C" in apply("Q", "--data", here("A"), fails=True)
    assert "apply needs the name of a block" in apply(fails=True)
    run(program, "sample", "--checkpoint", here("p0"), "--set", "a=1,1,1", "--set", "y=0", "-o", here("s.png"))


BESIDE = """model beside
data x: image(1, 8, 8) in [0, 1]
data a: vector(2) from "a", "c"
decoder P(a) -> bernoulli(1, 8, 8) {
    linear
}
train {
    batch 4
    metric first = sum(a)
    step P with sgd(lr 0.1) {
        maximize log_prob(P(a), x)
    }
}
"""


def check_beside(program, folder):
    """A folder of pictures and a table whose columns the model names, in either order."""
    here = lambda name: os.path.join(folder, name)
    final = lambda name: tensors(here(name + "/checkpoints/final.safetensors"))
    sources = [["--data", here("A")], ["--data", here("a.csv")]]
    run(program, "train", *sources[0], *sources[1], "--steps", "3", "--out", here("b0"), "-q")
    run(program, "train", *sources[1], *sources[0], "--steps", "3", "--out", here("b1"), "-q")
    run(program, "train", "--data", "x=" + here("A"), "--data", "a=" + here("a.csv"), "--steps", "3", "--out", here("b2"), "-q")
    assert final("b0") == final("b1") == final("b2")
    error = run(program, "train", *sources[0], "--out", here("b3"), fails=True)
    assert "the model binds data a to columns of a table: --data TABLE.csv tells where it is" in error, error
    error = run(program, "train", *sources[0], *sources[1], *sources[1], "--out", here("b3"), fails=True)
    assert "a second one needs the name of the model's data" in error, error


def main():
    ganc, model, folder = sys.argv[1:4]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    pictures(ganc, model, folder)
    pairs = build(ganc, folder, "pairs", PAIRS)
    check_pairs(pairs, folder)
    check_halves(pairs, folder)
    check_table(build(ganc, folder, "table", TABLE), folder)
    check_apply(build(ganc, folder, "attributes", ATTRIBUTES), folder)
    check_beside(build(ganc, folder, "beside", BESIDE), folder)
    classes = build(ganc, folder, "classes", CLASSES)
    check_classes(classes, folder)
    check_augmentation(classes, folder)


if __name__ == "__main__":
    main()
