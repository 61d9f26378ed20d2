"""Tables whose columns a model names: what is read is written again, with the same header, categories and scales; conditions by
their names; a learning rate that goes by a metric, stopped and resumed; and what is wrong with a table.

usage: tables.py GANC FOLDER
"""
import csv
import json
import math
import os
import random
import shutil
import struct
import subprocess
import sys

from field import build, run
from repeats import files
from tensors import read_tensors, write_tensors

# A decoder that is the identity where its weight says so, so that what is read must be written.
COPY = """model copy
data age: vector(1) from "age"
data body: vector(2) from "body height", "weight"
data share: vector(1) from "share" in [0, 1]
data city: categorical(3) from "city"
data flat: categorical(4) from "flat"
decoder P(age, body, share, city, flat) -> age: vector(1), body: vector(2), share: vector(1), city: categorical(3), flat: categorical(4) {
    linear
}
train {
    batch 8
    step P with sgd(lr 0) {
        let made = P(age, body, share, city, flat)
        minimize sum(square(made.age - age)) - log_prob(made.city, city)
    }
}
"""

PEOPLE = """model people
data age: vector(1) from "age"
data city: categorical(3) from "city"
latent z: normal(2)
encoder E(age, city) -> gaussian(2) {
    linear 8 ; elu ; linear
}
decoder P(z, city) -> vector(1) {
    linear 8 ; elu ; linear
}
discriminator C(age) -> categorical(3) {
    linear
}
train {
    batch 8
    const rate = plateau(1, by 0.5, after 2 epochs, minimize still)
    let q = E(age, city)
    metric still = sum(square(age)) * 0 + 1
    metric seen = rate * (sum(square(age)) * 0 + 1)
    step E, P with adam(lr plateau(1e-2, by 0.1, after 1 epochs, minimize error)) {
        error: minimize sum(square(P(sample(q), city) - age)) + kl(q, standard_normal)
    }
    step C with sgd(lr 0.01) {
        maximize log_prob(C(age), city)
    }
}
"""


def rows(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def write_table(path):
    rng = random.Random(3)
    with open(path, "w") as f:
        f.write('id,"city",share,weight,age,body height,flat\n')
        for i in range(96):
            f.write(f'{i},{rng.choice(["Ulm", "Bern", chr(34) + "Bad, am See" + chr(34)])},{rng.random():.3f},{rng.gauss(70, 9):.2f},{rng.randint(18, 90)},{rng.gauss(1.7, 0.1):.3f},{rng.choice([10, 5, 200, 30])}\n')


def check_copy(program, table, folder):
    here = lambda name: os.path.join(folder, name)
    size = 11
    write_tensors(here("identity.safetensors"), {"P.0.weight": ([size, size], [50.0 * (i == k) if i > 3 else float(i == k) for i in range(size) for k in range(size)]), "P.0.bias": ([size], [0.0] * size)})
    for out, more in (("plain", []), ("standard", ["--standardize"])):
        told = run(program, "train", "--data", table, *more, "--load", "P=" + here("identity.safetensors"), "--steps", "1", "--out", here(out), "-q")
        run(program, "reconstruct", "--checkpoint", here(out), "--count", "96", "-o", here(out + ".csv"))
        given, made = rows(table), rows(here(out + ".csv"))
        assert open(here(out + ".csv")).readline() == "city,share,weight,age,body height,flat\n"
        assert len(made) == 96
        for a, b in zip(given, made):
            assert (a["city"], a["flat"]) == (b["city"], b["flat"]), (a, b)
            for column in ("share", "weight", "age", "body height"):
                assert math.isclose(float(a[column]), float(b[column]), rel_tol=1e-5, abs_tol=1e-5), (column, a, b)
    run(program, "apply", "P", "--checkpoint", here("standard"), "--count", "4", "-o", here("some.csv"))  # the run's data
    assert open(here("some.csv")).readlines() == open(here("standard.csv")).readlines()[:5]
    run(program, "reconstruct", "--checkpoint", here("standard"), "--count", "96", "-o", here("standard.safetensors"))
    arrays = read_tensors(here("standard.safetensors"))
    assert all(math.isclose(v, float(row["age"]), rel_tol=1e-5) for v, row in zip(arrays["P.age"][1], rows(table)))
    config = json.load(open(here("standard/config.json")))
    ages = [float(row["age"]) for row in rows(table)]
    mean = sum(ages) / 96
    deviation = math.sqrt(sum((a - mean) ** 2 for a in ages) / 96)
    kept = config["table"]["standards"]["age"]
    assert math.isclose(kept["mean"][0], mean) and math.isclose(kept["deviation"][0], deviation), kept
    assert "share" not in config["table"]["standards"], "what has a declared range keeps it"
    # other data is read with the run's numbers of categories and scales
    with open(here("other.csv"), "w") as f:
        f.write("flat,age,body height,weight,share,city\n200,33,1.5,60,0.5,Ulm\n")
    run(program, "reconstruct", "--checkpoint", here("standard"), "--data", here("other.csv"), "-o", here("again.csv"))
    (row,) = rows(here("again.csv"))
    assert row["city"] == "Ulm" and row["flat"] == "200" and math.isclose(float(row["age"]), 33, rel_tol=1e-5), row
    with open(here("other.csv"), "a") as f:
        f.write("200,33,1.5,60,0.5,Ulmm\n")
    error = run(program, "reconstruct", "--checkpoint", here("standard"), "--data", here("other.csv"), fails=True)
    assert "other.csv: line 3, column city: there is no category Ulmm in what the model was trained on: did you mean Ulm?" in error, error


def check_wrong(program, table, folder):
    bad = os.path.join(folder, "bad.csv")
    text = open(table).read()

    def refused(old, new, message, *more):
        with open(bad, "w") as f:
            f.write(text.replace(old, new, 1))
        error = run(program, "train", "--data", bad, *more, "--out", os.path.join(folder, "bad"), "-q", fails=True)
        assert message in error, error

    refused("age,", "aged,", "has no column age, to which the model binds data age: did you mean aged?")
    refused("\n7,Ulm", "\n7,Ulm,", "line 9 has 8 cells, the header 7") if "\n7,Ulm" in text else None
    refused(",Ulm,", ",,", "column city: a value is missing: fill the cell, or leave the row out")
    refused(",Ulm,", ",Paris,", "column city has 4 categories (Bad, am See, Bern, Paris, Ulm), the model declares categorical(3)")
    refused("", "", "--data nowhere.csv: No such file", "--data", "age=nowhere.csv")
    error = run(program, "train", "--data", "builtin:glyphs", "--out", os.path.join(folder, "bad"), fails=True)
    assert "the model binds data age to columns of a table: --data TABLE.csv tells where it is" in error, error


def check_people(program, table, folder):
    here = lambda name: os.path.join(folder, name)
    data = ["--data", table, "--standardize", "--holdout", "0.25", "-q"]
    run(program, "train", *data, "--epochs", "8", "--out", here("whole"))
    run(program, "train", *data, "--steps", "31", "--out", here("parts"))  # in the middle of an epoch of nine
    run(program, "train", "--resume", here("parts"), "--epochs", "5", "-q")  # and at the end of one
    run(program, "train", "--resume", here("parts"), "--epochs", "8", "-q")
    assert files(here("whole")) == files(here("parts"))
    lines = [json.loads(line) for line in open(here("whole/metrics.jsonl"))]
    seen = [line["train"]["seen"] for line in lines if "epoch" in line]
    assert seen == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125], seen
    with open(here("whole/checkpoints/final.safetensors"), "rb") as f:
        kept = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))["__metadata__"]
    assert json.loads(kept["plateaus"])[0] == [27, 45, 63], kept["plateaus"]
    sample = ["sample", "--checkpoint", here("whole"), "--count", "40"]
    run(program, *sample, "-o", here("s.csv"))
    assert open(here("s.csv")).readline() == "city,age\n"  # the condition stands beside what is made of it
    assert {row["city"] for row in rows(here("s.csv"))} == {"Ulm", "Bern", "Bad, am See"}
    run(program, *sample, "--set", "city=Bern", "-o", here("s.csv"))
    assert {row["city"] for row in rows(here("s.csv"))} == {"Bern"}
    assert "there are Bad, am See, Bern, Ulm" in run(program, *sample, "--set", "city=Rome", fails=True)
    run(program, "sample", "--checkpoint", here("whole"), "--count", "2", "--per-class", "city", "-o", here("s.csv"))
    assert [row["city"] for row in rows(here("s.csv"))] == ["Bad, am See"] * 2 + ["Bern"] * 2 + ["Ulm"] * 2
    # a class that is predicted has its name; a number that is set is one of the table
    run(program, "apply", "C", "--checkpoint", here("whole"), "--set", "age=50", "--count", "1", "-o", here("c.csv"))
    (row,) = rows(here("c.csv"))
    assert row["city"] in ("Ulm", "Bern", "Bad, am See") and math.isclose(float(row["age"]), 50, rel_tol=1e-5), row
    # drawn, a category is as frequent as its probability
    apply = lambda *more: run(program, "apply", "C", "--checkpoint", here("whole"), "--set", "age=50", *more)
    apply("--count", "1", "-o", here("shares.safetensors"))
    shares = read_tensors(here("shares.safetensors"))["C"][1]
    apply("--count", "600", "--draw", "-o", here("drawn.csv"))
    drawn = [row["city"] for row in rows(here("drawn.csv"))]
    for name, share in zip(("Bad, am See", "Bern", "Ulm"), shares):
        assert abs(drawn.count(name) / 600 - share) < 4 * math.sqrt(share * (1 - share) / 600), (name, share, drawn.count(name))
    run(program, "encode", "--checkpoint", here("whole"), "-o", here("codes.csv"))
    assert len(open(here("codes.csv")).readlines()) == 25
    error = run(program, "train", "--resume", here("whole"), "--standardize", "--epochs", "9", "-q")
    with open(here("changed.csv"), "w") as f:
        f.write(open(table).read().replace(",Bern,", ",Burn,"))
    error = run(program, "train", "--resume", here("whole"), "--data", here("changed.csv"), "--epochs", "9", fails=True)
    assert "its columns have other categories" in error, error


def main():
    ganc, folder = sys.argv[1:3]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    table = os.path.join(folder, "people.csv")
    write_table(table)
    copy = build(ganc, folder, "copy", COPY)
    again = subprocess.run([ganc, "build", copy + ".gan", "-q", "-o", copy], check=True, capture_output=True, text=True)
    assert again.stdout.endswith("copy train --data FILE.csv\n"), again.stdout
    check_copy(copy, table, folder)
    check_wrong(copy, table, folder)
    check_people(build(ganc, folder, "people", PEOPLE), table, folder)


if __name__ == "__main__":
    main()
