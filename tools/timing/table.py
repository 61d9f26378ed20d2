"""What tools/bench prints: a table with a row for each program, and the ratios."""
import math

COLUMNS = ["model", "program", "median ms", "best ms", "× ganc", "of the floor", "peak MiB", "build or compile s", "model made ms", "first step ms"]


def best_peer(programs):
    """The fastest of the others; None if there is none."""
    return min((p for p in programs[1:] if "median_ms" in p), key=lambda p: p["median_ms"], default=None)


def ratio(programs):
    """How many times as fast as the best of the others ours is; None if there is nothing to compare."""
    other = best_peer(programs)
    return other["median_ms"] / programs[0]["median_ms"] if other and "median_ms" in programs[0] else None


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def row(*cells):
    return "| " + " | ".join(str(c) for c in cells) + " |"


def header():
    return row(*COLUMNS) + "\n" + "|---" * len(COLUMNS) + "|"


def built(program):
    """What is waited for before the first step: our build, or what a compiler adds to the first step."""
    if "build_s" in program:
        return f"{program['build_s']:.1f}"
    return f"{program['first_ms'] / 1e3:.1f} with the step" if "compile" in program["program"] or program["program"] == "jax" else ""


def rows(model):
    """The rows of a model's programs, ours first; the best of the others is marked."""
    ours, best = model["programs"][0], best_peer(model["programs"])
    for p in model["programs"]:
        name = f"**{p['program']}**" if p is best else p["program"]
        if "error" in p:
            yield row(model["name"], name, "failed: " + p["error"].replace("|", "/"), *[""] * (len(COLUMNS) - 3))
            continue
        comparable = "median_ms" in ours
        times = f"{p['median_ms'] / ours['median_ms']:.2f}" if comparable else ""
        floor = f"{100 * ours['floor_ms'] / p['median_ms']:.0f} %" if comparable else ""
        memory = f"{p['peak_mib']:.0f}" + (f", {p['import_mib']:.0f} of it imported" if "import_mib" in p else "")
        first = "" if built(p) and p is not ours else f"{p['first_ms']:.1f}"
        yield row(model["name"], name, f"{p['median_ms']:.2f}", f"{p['best_ms']:.2f}", times, floor, memory, built(p), f"{p['make_ms']:.1f}", first)


def ending(models):
    """The ratios in one line; nothing where there is nothing to compare."""
    ratios = {m["name"]: m["ratio"] for m in models if m["ratio"]}
    if not ratios:
        return ""
    each = ", ".join(f"{name} {value:.2f}" for name, value in ratios.items())
    return f"time of the best of the others over ganc's: {each}; geometric mean {geometric_mean(list(ratios.values())):.2f}"
