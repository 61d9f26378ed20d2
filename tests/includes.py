#!/usr/bin/env python3
"""Who includes whom: the folders of the compiler in the order of its stages, the rooms of the runtime in the order of
runtime/README.md. A file includes its own folder and those before it; the runtime knows nothing of the compiler."""

import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
COMPILER = ["ptx", "dialect", "import", "passes", "codegen", "tuning", "export", "driver"]
READS_THE_MODEL = {"compiler/import", "compiler/export", "compiler/driver"}  # the other stages read the dialect alone


def folder(path: str) -> str:
    """`compiler/passes/States.cpp` -> `compiler/passes`; files at the top of a tree are that tree's."""
    parts = path.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def rooms() -> list[str]:
    return re.findall(r"^\| \[(\w+)/\]\(\1/README\.md\)", (ROOT / "runtime/README.md").read_text(), re.M)


def allowed(source: str, target: str, order: list[str]) -> bool:
    if source == target or target == source.split("/")[0]:
        return True
    if (source, target) in (("compiler/codegen", "runtime"), ("dsl", "runtime")):  # program.h, the contract
        return True
    tree, _, name = source.partition("/")
    other, _, part = target.partition("/")
    if tree == "dsl":
        return False
    if target == "dsl":  # and nothing outside of dsl/ knows dsl/check/
        return source in READS_THE_MODEL
    if tree != other or name not in order or part not in order:
        return False
    return order.index(part) < order.index(name)


def main() -> int:
    orders = {"dsl": [], "compiler": COMPILER, "runtime": rooms()}
    folders = {p.name for p in (ROOT / "runtime").iterdir() if p.is_dir()}
    wrong = [f"runtime/README.md lists {orders['runtime']}, the folders are {sorted(folders)}"] * (
        folders != set(orders["runtime"]))
    seen = 0
    for tree, order in orders.items():
        for path in sorted([*(ROOT / tree).rglob("*.h"), *(ROOT / tree).rglob("*.cpp")]):
            name = path.relative_to(ROOT).as_posix()
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = re.match(r'#include "((?:dsl|compiler|runtime|tests|tools)/[^"]+)"', line)
                if not found:
                    continue
                seen += 1
                if not allowed(folder(name), folder(found[1]), order):
                    wrong.append(f"{name}:{number}: {folder(name)} must not include {found[1]}")
    print("\n".join(wrong) if wrong else f"{seen} includes point one way")
    return 1 if wrong or seen < 100 else 0


sys.exit(main())
