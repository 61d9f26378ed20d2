"""What NVIDIA's assembler says of every kernel of the seven models at full size: the table beside this script holds it.

No kernel may use a stack or spill registers, and a thread has at most 128 registers, so that two blocks of 256 threads
fit on a multiprocessor. `wide` counts the loads of 128 bits among those from global memory.

usage: assembled.py GANC MODELS TABLE FOLDER     (GANC_UPDATE=1 rewrites the table)
Skipped (77) without ptxas. Another ptxas than the table's may count registers differently; then only the rules hold.
"""
import concurrent.futures
import difflib
import os
import re
import shutil
import subprocess
import sys

MODELS = ("ae", "vae", "gan", "dcgan", "vaegan", "infogan", "ss_infogan")
CARDS = ("sm_80", "sm_90")
MOST_REGISTERS = 128
SKIPPED = 77


def find_ptxas(ganc):
    places = (shutil.which("ptxas"), "/usr/local/cuda/bin/ptxas",
              os.path.join(os.path.dirname(ganc), "..", "deps", "cuda", "ptxas"))
    return next((place for place in places if place and os.access(place, os.X_OK)), None)


class Kernel:
    """A kernel of a model, as `ganc emit --stage=device` prints it."""

    def __init__(self, name, label, schedule):
        self.name, self.label, self.anchor, self.text = name, label, schedule.split()[1], ""

    def functions(self):
        """The text of each function by its name."""
        parts = re.split(r"\.visible \.entry (\w+)\(", self.text)[1:]
        return dict(zip(parts[::2], parts[1::2]))


def kernels(ganc, path):
    done = subprocess.run([ganc, "emit", "--stage=device", "--target", "cuda", "--gpu-arch", "sm_80", path], check=True,
                          capture_output=True, text=True)
    found = []
    for line in done.stdout.splitlines(keepends=True):
        if head := re.match(r"// (k_\w+) (.*?): (v\d+ .*)", line):
            found.append(Kernel(*head.groups()))
        elif found and not line.startswith("//"):
            found[-1].text += line
    return found


def assembled(ptxas, kernel, card, folder):
    """For each function: registers, bytes of shared memory that it declares, of stack, of spills."""
    text = os.path.join(folder, f"{kernel.name}.{card}.ptx")
    with open(text, "w") as file:
        file.write(kernel.text)
    said = subprocess.run([ptxas, "-v", "-arch=" + card, "-o", text + ".cubin", text], check=True, capture_output=True, text=True)
    numbers = {}
    for part in said.stderr.split("Compiling entry function '")[1:]:
        def number(pattern):
            return sum(map(int, re.findall(pattern, part)))
        stack = re.search(r"Function properties for k_\w+\s+(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", part)
        numbers[part[:part.index("'")]] = (number(r"Used (\d+) registers"), number(r"(\d+) bytes smem"), int(stack[1]),
                                           int(stack[2]) + int(stack[3]))
    for path in (text, text + ".cubin"):
        os.remove(path)
    return numbers


def rows(ganc, ptxas, models, name, folder):
    """A line of the table for each function of a model, whose files have a folder of their own: models share kernels."""
    lines, folder = [], os.path.join(folder, name)
    os.makedirs(folder, exist_ok=True)
    for kernel in kernels(ganc, os.path.join(models, name + ".gan")):
        numbers = [assembled(ptxas, kernel, card, folder) for card in CARDS]
        for number, (function, text) in enumerate(sorted(kernel.functions().items())):
            loads = re.findall(r"ld\.global[\w.:]*", text)
            wide = sum(bool(re.search(r"\.v4\.\w32|\.v2\.\w64", load)) for load in loads)
            cells = [name, kernel.label, kernel.anchor, str(number), f"{wide}/{len(loads)}"]
            for of in numbers:
                cells += map(str, of[function])
            lines.append("\t".join(cells))
    return lines


def broken_rules(lines):
    for line in lines:
        cells = line.split("\t")
        for card, first in zip(CARDS, (5, 9)):
            registers, _, stack, spills = map(int, cells[first:first + 4])
            if registers > MOST_REGISTERS or stack or spills:
                yield f"{' '.join(cells[:4])} on {card}: {registers} registers, {stack} bytes of stack, {spills} spilled"


def main(ganc, models, table, folder):
    ptxas = find_ptxas(ganc)
    if not ptxas:
        print("there is no ptxas; tools/setup cuda fetches one")
        return SKIPPED
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        lines = sum(pool.map(lambda name: rows(ganc, ptxas, models, name, folder), MODELS), [])
    version = subprocess.run([ptxas, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    titles = ["model", "kernel", "anchor", "launch", "wide"]
    titles += [f"{card} {what}" for card in CARDS for what in ("registers", "shared", "stack", "spilled")]
    now = [f"# ptxas {version}; tests/device/assembled.py writes and checks this table", "\t".join(titles), *lines]
    wrong = list(broken_rules(lines))
    if os.environ.get("GANC_UPDATE"):
        with open(table, "w") as file:
            file.write("\n".join(now) + "\n")
    with open(table) as file:
        known = file.read().splitlines()
    if known[0] == now[0]:
        wrong += difflib.unified_diff(known, now, "the table", "now", n=0, lineterm="")
    print(f"{len(lines)} functions", *wrong, sep="\n")
    return 1 if wrong or len(lines) < 500 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
