"""The editors' files in tools/editors know the words that the compiler's tables have: editors.py ROOT. GANC_UPDATE=1
writes their lists of words anew.

Each list stands in a file of its own text, so that what is around it (patterns, colours) is written by hand. The shipped
models are coloured with the grammar as an editor would, by a small tokenizer: each word of a statement must be known.
"""
import json
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
GRAMMAR = ROOT / "tools/editors/vscode/syntaxes/gan.tmLanguage.json"
VIM = ROOT / "tools/editors/vim/syntax/gan.vim"
# The names of groups in the grammar, and in Vim's file.
GROUPS = {"keywords": "ganKeyword", "layers": "ganLayer", "functions": "ganFunction", "optimizers": "ganOptimizer", "words": "ganWord"}


def rows(name, macro):
    """The first quoted word of each row of a table, or the second argument if that is the quoted one."""
    text = "\n".join(line for line in (ROOT / "dsl" / name).read_text().splitlines() if not line.startswith("//"))
    return re.findall(macro + r'\(\s*(?:\w+,\s*)?"([^"]*)"(?:,\s*"([^"]*)")?', text)


def words():
    keywords = re.findall(r"^GAN_KEYWORD\((\w+)", (ROOT / "dsl/Keywords.def").read_text(), re.M)
    out = {
        "keywords": set(keywords),
        "layers": {first for first, _ in rows("Layers.def", "GAN_LAYER")},
        "functions": {first for first, _ in rows("Functions.def", "GAN_FUNCTION") if re.fullmatch(r"[a-z_]+", first)},
        "optimizers": {first for first, _ in rows("Optimizers.def", "GAN_OPTIMIZER") if re.fullmatch(r"[a-z]+", first)},
    }
    syntax = " ".join(second for _, second in rows("Syntax.def", "GAN_SYNTAX"))
    known = set().union(*out.values())
    out["words"] = set(re.findall(r"(?<![\w\"])[a-z_]{2,}(?![\w\"])", syntax)) - known - {"spelling"}
    out["layers"].discard("spelling")
    return {group: sorted(w) for group, w in out.items()}


def pattern(group):
    return r"\b(" + "|".join(sorted(group, key=lambda w: (-len(w), w))) + r")\b"


def grammar_text(known):
    grammar = json.loads(GRAMMAR.read_text())
    for group, list_of_words in known.items():
        grammar["repository"][group]["match"] = pattern(list_of_words)
    return json.dumps(grammar, indent=2) + "\n"


def vim_text(known):
    text = VIM.read_text()
    for group, name in GROUPS.items():
        text, count = re.subn(rf"^syn keyword {name} .*$", f"syn keyword {name} " + " ".join(known[group]), text, flags=re.M)
        assert count == 1, (name, count)
    return text


def check_colours():
    """Every statement of the models starts with a word that is coloured as what it is."""
    grammar = json.loads(GRAMMAR.read_text())
    patterns = [(p["name"], re.compile(p["match"])) for p in grammar["repository"].values() if "match" in p]
    coloured = {}
    for path in sorted((ROOT / "models").glob("*.gan")):
        for line in path.read_text().splitlines():
            at = 0
            while at < len(line):  # the pattern that matches first wins; of several at one place the first
                found = min(((m.start(), i, m, name) for i, (name, p) in enumerate(patterns) if (m := p.search(line, at))), default=None)
                if not found or found[2].end() == at:
                    break
                coloured.setdefault(found[3], set()).add(found[2].group())
                at = found[2].end()
    for scope, word in (("keyword.control.gan", "encoder"), ("keyword.control.gan", "maximize"), ("entity.name.function.layer.gan", "conv_transpose"),
                        ("support.function.gan", "log_prob"), ("storage.type.optimizer.gan", "adam"), ("constant.numeric.gan", "1e-3")):
        assert word in coloured.get(scope, ()), (scope, word, {k: len(v) for k, v in coloured.items()})
    assert all(c.startswith("#") for c in coloured["comment.line.number-sign.gan"]), coloured["comment.line.number-sign.gan"]


def main():
    known = words()
    assert len(known["layers"]) > 40 and len(known["keywords"]) > 15 and len(known["functions"]) > 15, known
    texts = {GRAMMAR: grammar_text(known), VIM: vim_text(known)}
    for path, text in texts.items():
        if os.environ.get("GANC_UPDATE"):
            path.write_text(text)
        assert path.read_text() == text, f"{path} lacks words of dsl/*.def, or has others; GANC_UPDATE=1 writes them anew"
    package = json.loads((ROOT / "tools/editors/vscode/package.json").read_text())
    for contributed in package["contributes"]["grammars"] + package["contributes"]["languages"]:
        path = contributed.get("path") or contributed["configuration"]
        json.loads((ROOT / "tools/editors/vscode" / path).read_text())
    main_file = ROOT / "tools/editors/vscode" / package["main"]
    assert "ganc" in main_file.read_text()
    check_colours()


main()
