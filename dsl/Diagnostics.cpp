// Collects and renders diagnostics.
#include "dsl/Diagnostics.h"

#include "dsl/Text.h"

#include <algorithm>
#include <array>
#include <cctype>
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

Diagnostic &Diagnostics::add(DiagnosticId id, Span span, const std::vector<std::string> &arguments) {
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

/// Spaces as wide as the text. Tabs are kept, because the terminal decides how wide they are.
static std::string blank(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    size_t length = std::max<size_t>(characterLength(text, i), 1);
    out += text[i] == '\t' ? "\t" : std::string(characterWidth(text.substr(i, length)), ' ');
    i += length;
  }
  return out;
}

/// The source line with carets under the span; of a long line only the part around the span.
static std::string excerpt(const Source &source, Span span) {
  constexpr size_t most = 200, before = 100;
  uint32_t number = source.position(span.begin).line;
  std::string_view line = source.line(number);
  size_t at = std::min<size_t>(span.begin - (line.data() - source.text().data()), line.size());
  size_t from = at > most - 20 ? at - before : 0;
  while (from > 0 && ((unsigned char)line[from] & 0xc0) == 0x80)
    --from; // moves to the start of a UTF-8 character
  size_t to = std::min(from + most, line.size());
  while (to < line.size() && to > at && ((unsigned char)line[to] & 0xc0) == 0x80)
    --to;
  size_t end = std::clamp<size_t>(at + (span.end - span.begin), at, std::max(to, at));
  std::string head = printable(line.substr(from, at - from)), marked = printable(line.substr(at, end - at));
  std::string margin(std::to_string(number).size(), ' ');
  return "  " + std::to_string(number) + " | " + head + marked + printable(line.substr(end, to - end)) + "\n  " +
         margin + " | " + blank(head) + "^" + std::string(std::max<size_t>(blank(marked).size(), 1) - 1, '~') + "\n";
}

/// The line that suggests an edit.
static std::string fixText(const Source &source, const Fix &fix) {
  if (fix.text.empty())
    return "  fix: remove `" + printable(source.text(fix.span)) + "`\n";
  return fix.text == " " ? "  fix: did you mean a space?\n" : "  fix: did you mean `" + fix.text + "`?\n";
}

static std::string place(const Source &source, Span span) {
  Position at = source.position(span.begin);
  return source.path() + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
}

std::string render(const Source &source, const Diagnostics &diagnostics) {
  static constexpr const char *words[] = {"error: ", "warning: ", "note: "};
  constexpr size_t mostShown = 100; // nobody reads more
  std::string out;
  size_t shown = 0;
  std::vector<Diagnostic> all = diagnostics.sorted();
  for (const Diagnostic &d : all) {
    if (++shown > mostShown)
      return out + source.path() + ": " + std::to_string(all.size() - mostShown) + " more are not shown\n";
    out += place(source, d.span) + words[size_t(d.severity)] + d.message + "\n" + excerpt(source, d.span);
    if (d.fix)
      out += fixText(source, *d.fix);
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

/// The word in small letters without `_`, so that `Leaky_ReLU` and `leakyrelu` are the same.
static std::string plain(std::string_view word) {
  std::string out;
  for (char c : word)
    if (c != '_')
      out += char(std::tolower((unsigned char)c));
  return out;
}

std::string counterpart(std::string_view word, const std::vector<std::string> &candidates) {
  static constexpr std::pair<std::string_view, std::string_view> words[] = {
#define GAN_WORD(theirs, ours) {theirs, ours},
#include "dsl/Words.def"
  };
  std::string theirs = plain(word);
  for (const std::string &candidate : candidates)
    if (plain(candidate) == theirs && candidate != word)
      return candidate;
  for (auto &[other, ours] : words)
    if (other == theirs && std::find(candidates.begin(), candidates.end(), ours) != candidates.end())
      return std::string(ours);
  return "";
}

std::pair<std::string, std::string> counterparts(std::string_view word) {
  static constexpr std::array<std::string_view, 3> pairs[] = {
#define GAN_PAIR(theirs, first, second) {theirs, first, second},
#include "dsl/Words.def"
  };
  for (auto &[theirs, first, second] : pairs)
    if (theirs == plain(word))
      return {std::string(first), std::string(second)};
  return {};
}

std::string advice(std::string_view where, std::string_view word) {
  static constexpr std::array<std::string_view, 3> rows[] = {
#define GAN_ADVICE(where, theirs, text) {where, theirs, text},
#include "dsl/Words.def"
  };
  for (auto &[place, theirs, text] : rows)
    if (place == where && theirs == plain(word))
      return std::string(text);
  return "";
}

std::string nearest(std::string_view word, const std::vector<std::string> &candidates) {
  if (std::string ours = counterpart(word, candidates); !ours.empty())
    return ours;
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
