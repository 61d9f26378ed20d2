"""Measures of samples against data, compared with their formulas in plain Python on points of the plane, where the root of
a product of covariances has a closed form; and what `evaluate` tells of a model that has a classifier and features.

usage: quality.py GANC FOLDER
"""
import json
import math
import os
import shutil
import subprocess
import sys

from export import noise, run, write_npy

MODEL = """model judged
data x: image(1, 8, 8) in [0, 1]
data y: categorical(10)
latent z: normal(2)
frozen encoder F(x) -> vector(6) {
    flatten ; linear
}
decoder P(z) -> bernoulli(1, 8, 8) {
    linear
}
discriminator C(image(1, 8, 8)) -> categorical(10) {
    flatten ; linear
}
train {
    batch 8
    metric features = mean(F(x))
    step P with adam(lr 0.1) {
        maximize log_prob(P(z), x)
    }
    step C with adam(lr 0.01) {
        maximize log_prob(C(x), y)
    }
}
"""


def distance(a, b):
    return math.dist(a, b)


def moments(points):
    n = len(points)
    mean = [sum(p[k] for p in points) / n for k in (0, 1)]
    return mean, [[sum((p[i] - mean[i]) * (p[j] - mean[j]) for p in points) / (n - 1) for j in (0, 1)] for i in (0, 1)]


def fid(a, b):
    (m, c), (n, d) = moments(a), moments(b)
    product = [[sum(c[i][k] * d[k][j] for k in (0, 1)) for j in (0, 1)] for i in (0, 1)]
    trace = product[0][0] + product[1][1]
    det = product[0][0] * product[1][1] - product[0][1] * product[1][0]
    root = math.sqrt(trace + 2 * math.sqrt(max(det, 0)))  # the sum of the roots of two numbers by their sum and product
    return distance(m, n) ** 2 + c[0][0] + c[1][1] + d[0][0] + d[1][1] - 2 * root


def kid(a, b):
    n = min(len(a), len(b))
    a, b = a[:n], b[:n]
    k = lambda x, y: ((x[0] * y[0] + x[1] * y[1]) / 2 + 1) ** 3
    within = lambda p: sum(k(p[i], p[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    return within(a) + within(b) - 2 * sum(k(x, y) for x in a for y in b) / n**2


def ball(points, k):
    return [sorted(distance(p, q) for j, q in enumerate(points) if j != i)[k - 1] for i, p in enumerate(points)]


def reference(made, real):
    r3, m3, r5 = ball(real, 3), ball(made, 3), ball(real, 5)
    mean = lambda values: sum(values) / len(values)
    nearest_real, nearest_made = mean(ball(real, 1)), ball(made, 1)
    return {
        "fid": fid(made, real),
        "kid": kid(made, real),
        "precision": mean([any(distance(s, p) <= r for p, r in zip(real, r3)) for s in made]),
        "recall": mean([any(distance(s, p) <= r for s, r in zip(made, m3)) for p in real]),
        "density": sum(distance(s, p) <= r for s in made for p, r in zip(real, r5)) / (5 * len(made)),
        "coverage": mean([any(distance(s, p) <= r for s in made) for p, r in zip(real, r5)]),
        "nearest.sample_to_sample": mean(nearest_made),
        "nearest.data_to_data": nearest_real,
        "nearest.sample_to_data": mean([min(distance(s, p) for p in real) for s in made]),
        "duplicates": mean([d < nearest_real / 100 for d in nearest_made]),
    }


def check_formulas(program, folder):
    here = lambda name: os.path.join(folder, name)
    points = lambda count, seed, stretch: [(stretch * u, v - u / 2) for u, v in zip(noise(count, seed), noise(count, seed + 9))]
    made, real = points(40, 1, 1.0), points(50, 2, 1.5)
    made[7] = made[3]  # two samples alike
    wanted = reference(made, real)
    assert 0 < wanted["precision"] < 1 and 0 < wanted["coverage"] < 1 and wanted["duplicates"] == 2 / 40, wanted
    for size in (2, 100):  # the same points in a space of more numbers than there are points
        for name, set_of in (("made", made), ("real", real)):
            write_npy(here(name + ".npy"), [len(set_of), size], [x for p in set_of for x in (*p, *[0.0] * (size - 2))])
        got = json.loads(run(program, "evaluate", "--made", here("made.npy"), "--real", here("real.npy"), "--json"))
        for name, value in wanted.items():
            if name != "kid" or size == 2:  # its kernel counts the numbers
                assert abs(got[name] - value) < 1e-4 * max(1, abs(value)), (size, name, got[name], value)
    write_npy(here("wide.npy"), [12, 3], [0.5] * 36)
    error = run(program, "evaluate", "--made", here("wide.npy"), "--real", here("real.npy"), fails=True)
    assert "wide.npy has 3 numbers a row" in error and "has 100" in error, error
    assert "both are needed" in run(program, "evaluate", "--made", here("made.npy"), fails=True)


def check_model(program, folder):
    out = os.path.join(folder, "run")
    run(program, "train", "--data", "builtin:glyphs", "--steps", "60", "--out", out, "-q")
    told = json.loads(run(program, "evaluate", "--checkpoint", out, "--quality", "100", "--features", "F", "--parzen", "0", "--json"))
    for name in ("fid", "kid", "precision", "recall", "density", "coverage", "duplicates", "nearest.sample_to_data"):
        assert math.isfinite(told[name]) and math.isfinite(told[name + ".F"]), (name, told)
    assert sum(told["classes.C.samples"]) == 100 and sum(told["classes.C.data"]) == 100, told
    # features that apply writes are those that evaluate compares
    run(program, "sample", "--count", "100", "--checkpoint", out, "-o", os.path.join(folder, "s.npy"))
    run(program, "apply", "F", "--checkpoint", out, "--data", os.path.join(folder, "s.npy"), "-o", os.path.join(folder, "fm.npy"))
    run(program, "apply", "F", "--checkpoint", out, "--count", "100", "-o", os.path.join(folder, "fr.npy"))
    again = json.loads(run(program, "evaluate", "--made", os.path.join(folder, "fm.npy"), "--real", os.path.join(folder, "fr.npy"), "--json"))
    assert abs(again["fid"] - told["fid.F"]) < 1e-3 * max(1, told["fid.F"]), (again, told)
    error = run(program, "evaluate", "--checkpoint", out, "--features", "G", fails=True)
    assert "the model has no block of this name" in error, error
    assert "classes.C.samples" in run(program, "evaluate", "--checkpoint", out, "--quality", "20", "--parzen", "0")


CONDITIONAL = """model conditional
data x: image(1, 8, 8) in [0, 1]
data y: categorical(10)
latent z: normal(2)
frozen encoder F(x) -> vector(20) {
    flatten ; linear
}
decoder G(z, y) -> bernoulli(1, 8, 8) {
    linear 16 ; relu ; linear
}
train {
    batch 32
    metric features = mean(F(x))
    step G with adam(lr 0.01) {
        maximize log_prob(G(z, y), x)
    }
}
"""


def check_score(program, folder):
    """A classifier that learns from samples: a generator that makes what it is asked for against one that does not. The page
    of the run has what evaluate tells."""
    told = {}
    for name, more in (("learned", []), ("not", ["--set", "G.lr=0"])):
        out = os.path.join(folder, name)
        run(program, "train", "--data", "builtin:glyphs", "--steps", "200", *more, "--out", out, "-q")
        evaluate = [program, "evaluate", "--checkpoint", out, "--quality", "256", "--parzen", "0", "--json"]
        told[name] = json.loads(run(*evaluate, "--features", "F"))
        page = json.load(open(os.path.join(out, "quality.json")))
        assert page.pop("iteration") == 200 and page.pop("samples") == 256 and page.pop("part") == "test"
        assert page == {k: v for k, v in told[name].items() if k in page} and "cas" in page and "classes.samples" in page, page
        assert sum(page["classes.samples"]) == sum(page["classes.data"]) == 256, page
    good, bad = told["learned"], told["not"]
    assert good["cas"] > 0.35 > 0.2 > bad["cas"], (good["cas"], bad["cas"])
    assert good["cas.real"] == bad["cas.real"] > 0.8 and good["cas.real.F"] > 0.5 > bad["cas.F"], (good, bad)
    assert all(n > 8 for n in good["classes.samples"]), good  # each class is made, and found


def main():
    ganc, folder = sys.argv[1:3]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    program = os.path.join(folder, "judged")
    with open(program + ".gan", "w") as f:
        f.write(MODEL)
    subprocess.run([ganc, "build", program + ".gan", "-q", "-o", program], check=True)
    check_formulas(program, folder)
    check_model(program, folder)
    program = os.path.join(folder, "conditional")
    with open(program + ".gan", "w") as f:
        f.write(CONDITIONAL)
    subprocess.run([ganc, "build", program + ".gan", "-q", "-o", program], check=True)
    check_score(program, folder)


if __name__ == "__main__":
    main()
