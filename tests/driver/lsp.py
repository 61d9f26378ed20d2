"""Speaks the language server protocol with `ganc lsp` as an editor does.

usage: lsp.py GANC
"""
import json
import subprocess
import sys

TEXT = """model m
data x: image(1, 4, 4) in [0, 1]
encoder E(x) -> gaussian(2) {
    flatten
    skip: linear 8
    relu ; linear 8 ; add skip
    liner
}
decoder P(vector(2)) -> bernoulli(1, 4, 4) {
    linear
}
train {
    batch 4 # \u03b2 and \U0001d6fd
    step E, P with adam(lr 1e-3) {
        maximize log_prob(P(sample(E(x))), x) - kl(E(x), standard_normal)
    }
}
"""


class Editor:
    def __init__(self, ganc):
        self.process = subprocess.Popen([ganc, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.count = 0

    def send(self, method, params, is_request=True):
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if is_request:
            self.count += 1
            message["id"] = self.count
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()
        return self.receive()["result"] if is_request else None

    def receive(self):
        header = self.process.stdout.readline()
        assert header.startswith(b"Content-Length: "), header
        self.process.stdout.readline()
        return json.loads(self.process.stdout.read(int(header.split()[1])))

    def at(self, method, line, character, **more):
        return self.send("textDocument/" + method, {"textDocument": {"uri": "file:///m.gan"}, "position": {"line": line, "character": character}, **more})


def main():
    editor = Editor(sys.argv[1])
    can = editor.send("initialize", {"capabilities": {}})["capabilities"]
    assert can["hoverProvider"] and can["renameProvider"] and can["textDocumentSync"] == 1, can
    editor.send("initialized", {}, False)
    document = {"uri": "file:///m.gan", "languageId": "gan", "version": 1}
    editor.send("textDocument/didOpen", {"textDocument": {**document, "text": TEXT}}, False)
    told = editor.receive()
    assert told["method"] == "textDocument/publishDiagnostics", told
    mistakes = told["params"]["diagnostics"]
    assert [d["message"] for d in mistakes] == ["unknown layer `liner`"], mistakes
    where = mistakes[0]["range"]
    assert where == {"start": {"line": 6, "character": 4}, "end": {"line": 6, "character": 9}}, where
    actions = editor.at("codeAction", 0, 0, range=where)
    assert [a["title"] for a in actions] == ["write `linear`"], actions
    edit = actions[0]["edit"]["changes"]["file:///m.gan"]
    assert edit == [{"range": where, "newText": "linear"}], edit
    assert editor.at("codeAction", 0, 0, range={"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}) == []
    text = TEXT.replace("liner", "linear")
    editor.send("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]}, False)
    assert editor.receive()["params"]["diagnostics"] == []
    # what a word means
    hover = editor.at("hover", 4, 12)["contents"]["value"]
    assert "y = x W^T + b" in hover and "(16) to (8), 136 parameters" in hover, hover
    assert "Kullback-Leibler" in editor.at("hover", 14, 49)["contents"]["value"]
    assert "encoder: `encoder E(x)" in editor.at("hover", 14, 35)["contents"]["value"]
    assert editor.at("hover", 5, 9) is None
    # where a name is declared and used
    assert editor.at("definition", 5, 27)["range"]["start"] == {"line": 4, "character": 4}
    assert editor.at("definition", 14, 43)["range"]["start"] == {"line": 1, "character": 5}
    uses = editor.at("rename", 2, 8, newName="Enc")["changes"]["file:///m.gan"]
    assert [u["range"]["start"]["line"] for u in uses] == [2, 13, 14, 14] and uses[0]["newText"] == "Enc", uses
    labels = editor.at("rename", 4, 5, newName="start")["changes"]["file:///m.gan"]
    assert [u["range"]["start"]["line"] for u in labels] == [4, 5], labels
    # which words could stand
    layers = [w["label"] for w in editor.at("completion", 5, 4)]
    assert "conv_transpose" in layers and "skip" in layers and "kl" not in layers
    functions = [w["label"] for w in editor.at("completion", 14, 17)]
    assert "log_prob" in functions and "E" in functions and "conv" not in functions
    formatted = editor.at("formatting", 0, 0)
    assert formatted[0]["newText"] == text, formatted
    editor.send("textDocument/didClose", {"textDocument": document}, False)
    assert editor.send("shutdown", None) is None
    editor.send("exit", None, False)
    assert editor.process.wait(timeout=30) == 0


if __name__ == "__main__":
    main()
