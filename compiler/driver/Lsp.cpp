// `ganc lsp`: the Language Server Protocol over standard input and output, for editors. Documents are sent whole with
// each change; a model is checked in milliseconds, so nothing is kept between requests but the texts.
#include "compiler/driver/Language.h"
#include "compiler/driver/Options.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdio>
#include <map>

namespace gan {
namespace {

using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

/// Bytes of a text as the protocol counts them: lines from 0, and UTF-16 units in them.
class Places {
public:
  explicit Places(std::string_view text) : text(text) {}

  Object of(uint32_t offset) const {
    int64_t line = 0, column = 0;
    for (uint32_t i = 0; i < offset && i < text.size(); ++i) {
      auto byte = static_cast<unsigned char>(text[i]);
      if (byte == '\n')
        ++line, column = 0;
      else if ((byte & 0xc0) != 0x80) // the first byte of a character; one of four bytes has two units
        column += byte >= 0xf0 ? 2 : 1;
    }
    return Object{{"line", line}, {"character", column}};
  }
  Object of(dsl::Span span) const { return Object{{"start", of(span.begin)}, {"end", of(span.end)}}; }
  uint32_t offset(const Object &position) const {
    int64_t line = position.getInteger("line").value_or(0), units = position.getInteger("character").value_or(0);
    uint32_t i = 0;
    for (; line > 0 && i < text.size(); ++i)
      line -= text[i] == '\n';
    while (units > 0 && i < text.size() && text[i] != '\n') {
      units -= static_cast<unsigned char>(text[i]) >= 0xf0 ? 2 : 1;
      ++i;
      while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80)
        ++i;
    }
    return i;
  }

private:
  std::string_view text;
};

class Server {
public:
  /// Answers messages until the client says `exit`. The exit status, which is 1 if it did not say `shutdown` before.
  int run() {
    while (std::optional<std::string> message = read()) {
      llvm::Expected<Value> parsed = llvm::json::parse(*message);
      if (!parsed) {
        llvm::consumeError(parsed.takeError());
        continue;
      }
      const Object *object = parsed->getAsObject();
      std::string method = object ? object->getString("method").value_or("").str() : "";
      if (method == "exit")
        return ended ? 0 : 1;
      if (object && !method.empty())
        handle(method, *object);
    }
    return ended ? 0 : 1;
  }

private:
  static std::optional<std::string> read() {
    size_t length = 0;
    char line[256];
    while (fgets(line, sizeof line, stdin)) {
      if (sscanf(line, "Content-Length: %zu", &length) == 1)
        continue;
      if (line[0] != '\r' && line[0] != '\n')
        continue;
      std::string body(length, 0);
      return fread(body.data(), 1, length, stdin) == length ? std::optional(body) : std::nullopt;
    }
    return std::nullopt;
  }

  static void write(Object message) {
    message["jsonrpc"] = "2.0";
    std::string body;
    llvm::raw_string_ostream(body) << Value(std::move(message));
    printf("Content-Length: %zu\r\n\r\n%s", body.size(), body.c_str());
    fflush(stdout);
  }

  void handle(const std::string &method, const Object &message) {
    static const Object none;
    const Object *params = message.getObject("params");
    const Object &p = params ? *params : none;
    const Object *document = p.getObject("textDocument");
    std::string uri = document ? document->getString("uri").value_or("").str() : "";
    if (method == "textDocument/didOpen")
      return change(uri, document->getString("text").value_or("").str());
    if (method == "textDocument/didChange") {
      const Array *changes = p.getArray("contentChanges");
      const Object *last = changes && !changes->empty() ? changes->back().getAsObject() : nullptr;
      return last ? change(uri, last->getString("text").value_or("").str()) : void();
    }
    if (method == "textDocument/didClose")
      return void(texts.erase(uri));
    const Value *id = message.get("id");
    if (!id)
      return; // a notification that needs nothing
    if (method == "shutdown")
      ended = true;
    write(Object{{"id", *id}, {"result", result(method, p, uri)}});
  }

  void change(const std::string &uri, const std::string &text) {
    texts[uri] = text;
    Language language(uri, text);
    Places places(texts[uri]);
    Array list;
    for (const dsl::Diagnostic &d : language.diagnostics().sorted()) {
      static constexpr int severities[] = {1, 2, 3};
      std::string message = d.message;
      for (const dsl::Note &note : d.notes)
        message += "\n" + note.text;
      list.push_back(Object{{"range", places.of(d.span)},
                            {"severity", severities[size_t(d.severity)]},
                            {"source", "ganc"},
                            {"message", message}});
    }
    write(Object{{"method", "textDocument/publishDiagnostics"},
                 {"params", Object{{"uri", uri}, {"diagnostics", std::move(list)}}}});
  }

  Value result(const std::string &method, const Object &p, const std::string &uri) {
    if (method == "initialize")
      return capabilities();
    auto text = texts.find(uri);
    if (text == texts.end())
      return nullptr;
    Language language(uri, text->second);
    Places places(text->second);
    const Object *position = p.getObject("position");
    uint32_t at = position ? places.offset(*position) : 0;
    if (method == "textDocument/hover") {
      std::string meaning = language.meaningAt(at);
      if (meaning.empty())
        return nullptr;
      return Object{{"contents", Object{{"kind", "markdown"}, {"value", meaning}}}};
    }
    if (method == "textDocument/completion")
      return completion(language, at);
    if (method == "textDocument/definition") {
      std::optional<Declared> d = language.declarationAt(at);
      if (!d)
        return nullptr;
      return Object{{"uri", uri}, {"range", places.of(d->span)}};
    }
    if (method == "textDocument/rename")
      return edits(uri, places, language.usesAt(at), p.getString("newName").value_or("").str());
    if (method == "textDocument/codeAction")
      return actions(uri, places, language, p);
    if (method == "textDocument/formatting")
      return Array{Object{{"range", places.of(dsl::Span{0, uint32_t(text->second.size())})},
                          {"newText", dsl::format(language.source())}}};
    return nullptr;
  }

  static Value capabilities() {
    return llvm::cantFail(llvm::json::parse(R"({
      "serverInfo": {"name": "ganc"},
      "capabilities": {"textDocumentSync": 1, "hoverProvider": true, "completionProvider": {}, "renameProvider": true,
                       "definitionProvider": true, "codeActionProvider": true, "documentFormattingProvider": true}})"));
  }

  static Value completion(const Language &language, uint32_t at) {
    Array list;
    for (const Language::Word &word : language.wordsAt(at))
      list.push_back(Object{{"label", word.text}, {"detail", word.meaning}});
    return list;
  }

  static Value edits(const std::string &uri, const Places &places, const std::vector<dsl::Span> &spans,
                     const std::string &name) {
    if (spans.empty())
      return nullptr;
    Array list;
    for (dsl::Span span : spans)
      list.push_back(Object{{"range", places.of(span)}, {"newText", name}});
    Object changes;
    changes[uri] = std::move(list);
    return Object{{"changes", std::move(changes)}};
  }

  /// The fixes of mistakes in the range that the editor asks about.
  static Value actions(const std::string &uri, const Places &places, const Language &language, const Object &p) {
    const Object *range = p.getObject("range");
    const Object *start = range ? range->getObject("start") : nullptr, *end = range ? range->getObject("end") : nullptr;
    uint32_t from = start ? places.offset(*start) : 0, to = end ? places.offset(*end) : UINT32_MAX;
    Array list;
    for (const dsl::Diagnostic &d : language.diagnostics().sorted())
      if (d.fix && d.span.begin <= to && d.span.end >= from)
        list.push_back(Object{{"title", "write `" + d.fix->text + "`"},
                              {"kind", "quickfix"},
                              {"edit", edits(uri, places, {d.fix->span}, d.fix->text)}});
    return list;
  }

  std::map<std::string, std::string> texts; ///< open documents by their URI
  bool ended = false;
};

void describeLsp(po::options_description &) {}
int runLsp(const CommandLine &) { return Server().run(); }

} // namespace

const Command lspCommand{"lsp",       "speak the language server protocol with an editor, on standard input and output",
                         "",          "lsp",
                         describeLsp, runLsp};

} // namespace gan
