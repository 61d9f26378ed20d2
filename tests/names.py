"""No function of one file hides one that a header declares.

Files are compiled several at a time (CMAKE_UNITY_BUILD). A function in an unnamed namespace with the name and parameters of
one that a header declares would then be called by its neighbours too, silently.

usage: names.py SOURCE_FOLDER
"""
import collections
import os
import re
import sys

FUNCTION = re.compile(r"^(?:inline |extern |static |template <[^>]*> )*[A-Za-z_][\w:<>,&* ]*[ *&](\w+)\(([^()]*)\)?")


def types(parameters):
    """ "const Table &table, size_t row = 0" -> ("Table", "size_t")"""
    plain = [re.sub(r"\bconst |mlir::|llvm::|std::|[&*]", "", p.split("=")[0]).split() for p in parameters.split(",")]
    return tuple(" ".join(p[:-1]) if len(p) > 1 else "".join(p) for p in plain)


def functions(path):
    """(whether it is this file's own, name, types) of each function that begins at the start of a line."""
    unnamed = False
    for line in open(path, encoding="utf-8"):
        unnamed = (unnamed or line.startswith("namespace {")) and line != "} // namespace\n"
        found = FUNCTION.match(line)
        if found and not line.startswith(("return ", "using ", "struct ", "class ", "enum ", "typedef ")):
            yield unnamed or line.startswith("static "), found[1], types(found[2])


def main():
    root = sys.argv[1]
    wrong, count = [], 0
    for tree in ("compiler", "dsl", "runtime"):
        declared, own = collections.defaultdict(list), []
        for folder, _, files in os.walk(os.path.join(root, tree)):
            for name in files:
                path = os.path.join(folder, name)
                if name.endswith(".h"):
                    for _, function, parameters in functions(path):
                        declared[function, parameters].append(path)
                elif name.endswith(".cpp"):
                    own += [(path, function, parameters) for mine, function, parameters in functions(path) if mine]
        count += len(own)
        wrong += [f"{path}: {function}({', '.join(parameters)}) hides that of {declared[function, parameters][0]}" for path, function, parameters in own if declared[function, parameters]]
    print("\n".join(wrong) or f"none of {count} functions hides another")
    assert count > 700, "functions are not found"
    sys.exit(bool(wrong))


main()
