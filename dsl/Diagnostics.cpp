// Collecting and rendering of what a user is told.
#include "dsl/Diagnostics.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>
#include <utility>

namespace gan::dsl {

static constexpr std::array<std::string_view, numDiagnostics> texts = {
#define GAN_DIAGNOSTIC(Id, text) text,
#include "dsl/Diagnostics.def"
};

static constexpr std::array<Severity, numDiagnostics> severities = {
#define GAN_DIAGNOSTIC(Id, text) Severity::Mistake,
#define GAN_WARNING(Id, text) Severity::Warning,
#define GAN_NOTE(Id, text) Severity::Note,
#include "dsl/Diagnostics.def"
};

static std::string fill(std::string_view text, const std::vector<std::string> &arguments) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{' && i + 2 < text.size() && text[i + 2] == '}') {
      out += arguments.at(text[i + 1] - '0');
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Diagnostic &Diagnostics::add(DiagnosticId id, Span span, std::vector<std::string> arguments) {
  Severity severity = severities[size_t(id)];
  mistakes += severity == Severity::Mistake;
  return list.emplace_back(Diagnostic{id, severity, span, fill(texts[size_t(id)], arguments), {}, std::nullopt});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  auto key = [](const Diagnostic &d) { return std::tie(d.span.begin, d.span.end, d.message); };
  std::vector<Diagnostic> result = list;
  std::stable_sort(result.begin(), result.end(), [&](auto &a, auto &b) { return key(a) < key(b); });
  result.erase(std::unique(result.begin(), result.end(), [&](auto &a, auto &b) { return key(a) == key(b); }),
               result.end());
  return result;
}

/// The line with carets under the span's part of it.
static std::string excerpt(const Source &source, Span span) {
  Position at = source.position(span.begin);
  std::string line(source.line(at.line));
  size_t shown = std::min<size_t>(line.size(), 200);
  size_t column = std::min<size_t>(at.column - 1, shown);
  size_t length = std::clamp<size_t>(span.end - span.begin, 1, std::max<size_t>(shown - column, 1));
  std::string number = std::to_string(at.line);
  std::string pad(line.substr(0, column));
  for (char &c : pad)
    c = c == '\t' ? '\t' : ' ';
  for (char &c : line) // nothing that a terminal would obey
    c = (unsigned char)c < ' ' && c != '\t' ? '?' : c;
  return "  " + number + " | " + line.substr(0, shown) + "\n  " + std::string(number.size(), ' ') + " | " + pad + "^" +
         std::string(length - 1, '~') + "\n";
}

static std::string place(const Source &source, Span span) {
  Position at = source.position(span.begin);
  return source.path() + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
}

std::string render(const Source &source, const Diagnostics &diagnostics) {
  static constexpr const char *words[] = {"error: ", "warning: ", "note: "};
  std::string out;
  for (const Diagnostic &d : diagnostics.sorted()) {
    out += place(source, d.span) + words[size_t(d.severity)] + d.message + "\n" + excerpt(source, d.span);
    if (d.fix)
      out += d.fix->text.empty() ? "  fix: remove `" + std::string(source.text(d.fix->span)) + "`\n"
                                 : "  fix: did you mean `" + d.fix->text + "`?\n";
    for (const Note &note : d.notes)
      out += place(source, note.span) + "note: " + note.text + "\n" + excerpt(source, note.span);
  }
  return out;
}

static size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      size_t next = std::min({row[j] + 1, row[j + 1] + 1, diagonal + (a[i] != b[j])});
      diagonal = std::exchange(row[j + 1], next);
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string> &candidates) {
  std::string best;
  size_t bestDistance = std::max<size_t>(1, (std::min<size_t>(word.size(), 64) + 2) / 3) + 1;
  if (word.size() > 64)
    return best;
  for (const std::string &candidate : candidates)
    if (size_t d = distance(word, candidate); d < bestDistance && d < word.size()) {
      best = candidate;
      bestDistance = d;
    }
  return best;
}

} // namespace gan::dsl
