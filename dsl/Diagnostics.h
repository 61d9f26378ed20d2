// Collects what the user is told about a model: mistakes, warnings and notes. One run reports all of them, sorted by
// place, each with its source line.
#pragma once

#include "dsl/Source.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gan::dsl {

enum class DiagnosticId : uint8_t {
#define GAN_DIAGNOSTIC(Id, text) Id,
#include "dsl/Diagnostics.def"
};
inline constexpr size_t numDiagnostics = 0
#define GAN_DIAGNOSTIC(Id, text) +1
#include "dsl/Diagnostics.def"
    ;

/// Only a mistake prevents a model from being built.
enum class Severity : uint8_t { Mistake, Warning, Note };

struct Note {
  Span span;
  std::string text;
};

/// A suggested edit: replace the source in `span` by `text`.
struct Fix {
  Span span;
  std::string text;
};

struct Diagnostic {
  DiagnosticId id;
  Severity severity;
  Span span;
  std::string message;
  std::vector<Note> notes;
  std::optional<Fix> fix;
};

class Diagnostics {
public:
  /// Adds a diagnostic with the severity of its row in the table. Notes and a fix can be added through the returned
  /// reference, which is valid until the next call.
  Diagnostic &add(DiagnosticId id, Span span, const std::vector<std::string> &arguments = {});
  /// Whether there is no mistake, and how many mistakes there are; warnings and notes do not count.
  bool empty() const { return mistakes == 0; }
  size_t size() const { return mistakes; }
  /// All diagnostics sorted by place, without repetitions of one message at one place.
  std::vector<Diagnostic> sorted() const;

private:
  std::vector<Diagnostic> list;
  size_t mistakes = 0;
};

/// The text shown to the user. Each diagnostic has the form `path:line:col: error: ..` (or warning, note), source line,
/// carets, fix, notes.
std::string render(const Source &source, const Diagnostics &diagnostics);

/// The candidate that other libraries call by this word (Words.def), or that differs from it only in capitals and `_`;
/// "" if none.
std::string counterpart(std::string_view word, const std::vector<std::string> &candidates);
/// The two arguments of this language for a word that others write as one argument; empty if it is no such word.
std::pair<std::string, std::string> counterparts(std::string_view word);
/// What to write instead of a word that has no counterpart; "" if nothing is known. `where` is "layer", "argument",
/// "function", "statement", "qualifier" or "constant".
std::string advice(std::string_view where, std::string_view word);

/// The candidate for "did you mean": the one that other libraries call by this word (Words.def), otherwise the one with
/// the smallest edit distance up to a third of the word's length; "" if none.
std::string nearest(std::string_view word, const std::vector<std::string> &candidates);

} // namespace gan::dsl
