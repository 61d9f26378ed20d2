// How the checks tell the user of a mistake. Every part of the checker that can find one is given a Report; nothing
// else of the checker touches the diagnostics.
#pragma once

#include "dsl/Diagnostics.h"

namespace gan::dsl {

using Id = DiagnosticId; ///< the checks name many of them

/// Adds mistakes, with advice or similar words, to the diagnostics of one source.
class Report {
public:
  Report(const Source &source, Diagnostics &diagnostics)
      : source(source), diagnostics(diagnostics), parsed(diagnostics.empty()) {}

  Diagnostic &error(Id id, Span span, const std::vector<std::string> &arguments = {}) {
    return diagnostics.add(id, span, arguments);
  }
  /// Reports that something is missing. Only in a file that was parsed without a mistake is it really missing.
  void missing(Id id, Span span, const std::vector<std::string> &arguments = {});
  /// Adds advice about a word of other languages at such a place (Words.def) or, if there is none, a fix.
  void suggest(Diagnostic &d, std::string_view word, const std::vector<std::string> &candidates, Span span,
               std::string_view where = "");
  /// Whether similar names are still suggested. Searching all names for each of thousands of mistakes would take
  /// minutes, and nobody reads that many.
  bool suggests() const { return mistakes() <= 100; }
  size_t mistakes() const { return diagnostics.size(); }
  bool clean() const { return diagnostics.empty(); } ///< whether there is no mistake so far
  std::string text(Span span) const { return std::string(source.text(span)); }

private:
  const Source &source;
  Diagnostics &diagnostics;
  bool parsed;
};

} // namespace gan::dsl
