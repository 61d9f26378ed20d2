// What a user is told of a model: mistakes, warnings and notes, collected, so that one run reports all of them, sorted
// by place, each with its source line.
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

/// Only a mistake keeps a model from being built.
enum class Severity : uint8_t { Mistake, Warning, Note };

struct Note {
  Span span;
  std::string text;
};

/// A suggested edit: replace what `span` covers by `text`.
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
  /// Adds one, as severe as its row says; the returned reference takes notes and a fix until the next call.
  Diagnostic &add(DiagnosticId id, Span span, std::vector<std::string> arguments = {});
  /// Whether there is no mistake, and how many there are; warnings and notes do not count.
  bool empty() const { return mistakes == 0; }
  size_t size() const { return mistakes; }
  /// Sorted by place, without repetitions of one message at one place.
  std::vector<Diagnostic> sorted() const;

private:
  std::vector<Diagnostic> list;
  size_t mistakes = 0;
};

/// The texts shown to the user, each: `path:line:col: error: ..` (warning, note), source line, carets, notes, fix.
std::string render(const Source &source, const Diagnostics &diagnostics);

/// The candidate that other libraries call by this word (Words.def), or that it is but for capitals and `_`; "" if
/// none.
std::string counterpart(std::string_view word, const std::vector<std::string> &candidates);
/// The two arguments that are here what others write as one; empty if it is no such word.
std::pair<std::string, std::string> counterparts(std::string_view word);
/// What to write in place of a word that has no counterpart; "" if nothing is known. `where`: "layer", "argument",
/// "function", "statement", "qualifier" or "constant".
std::string advice(std::string_view where, std::string_view word);

/// For "did you mean": the candidate that other libraries call by this word (Words.def), else the closest one within a
/// third of its length; "" if none.
std::string nearest(std::string_view word, const std::vector<std::string> &candidates);

} // namespace gan::dsl
