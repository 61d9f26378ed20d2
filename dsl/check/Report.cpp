// Mistakes with what helps to mend them: advice for words of other languages, similar words, or all that there are.
#include "dsl/check/Report.h"

namespace gan::dsl {

void Report::missing(Id id, Span span, const std::vector<std::string> &arguments) {
  if (parsed)
    error(id, span, arguments);
}

/// "`a`, `b` and `c`"
static std::string listed(const std::vector<std::string> &names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "`" : i + 1 == names.size() ? " and `" : ", `") + names[i] + "`";
  return text;
}

void Report::suggest(Diagnostic &d, std::string_view word, const std::vector<std::string> &candidates, Span span,
                     std::string_view where) {
  if (std::string text = advice(where, word); !text.empty())
    d.notes.push_back({span, text});
  else if (std::string fix = suggests() ? nearest(word, candidates) : ""; !fix.empty())
    d.fix = Fix{span, fix};
  else if (where == "type" || where == "optimizer" || where == "initialiser") // these have few candidates
    d.notes.push_back({span, "there are " + listed(candidates)});
}

} // namespace gan::dsl
