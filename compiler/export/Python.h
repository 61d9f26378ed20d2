// Numbers, shapes and names as Python writes them.
#pragma once

#include "dsl/Model.h"

#include <cstdio>
#include <set>
#include <string>

namespace gan::python {

inline std::string text(double x) {
  char buffer[40];
  snprintf(buffer, sizeof buffer, "%.9g", x);
  return buffer;
}
inline std::string text(bool x) { return x ? "True" : "False"; }
inline std::string text(int64_t x) { return std::to_string(x); }
/// A tuple.
inline std::string text(const dsl::Shape &shape) {
  std::string out;
  for (int64_t size : shape)
    out += (out.empty() ? "" : ", ") + std::to_string(size);
  return "(" + out + (shape.size() == 1 ? ",)" : ")");
}

/// A name as a variable, which must be none of Python's words or of those that an exported module uses.
inline std::string variable(const std::string &name) {
  static const std::set<std::string> taken = {
      "and",    "as",    "assert",   "break", "class", "continue", "def",   "del",       "elif", "else",
      "except", "False", "finally",  "for",   "from",  "global",   "if",    "import",    "in",   "is",
      "lambda", "None",  "nonlocal", "not",   "or",    "pass",     "raise", "return",    "True", "try",
      "while",  "with",  "yield",    "x",     "self",  "torch",    "nn",    "functional"};
  return taken.contains(name) ? name + "_" : name;
}

} // namespace gan::python
