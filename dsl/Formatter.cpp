// Canonical layout, from the characters alone, so that a file with mistakes can be formatted too: four spaces for each
// open brace, eight more where a line goes on, one space between words as written, at most one empty line, comments kept.
#include "dsl/Checker.h"

#include <algorithm>

namespace gan::dsl {
namespace {

/// The line's words with single spaces; the comment, if any, stands after one space.
std::string tidy(std::string_view line) {
  size_t hash = line.find('#');
  std::string_view code = line.substr(0, hash);
  std::string out;
  for (size_t i = 0; i < code.size(); ++i) {
    char c = code[i];
    if (c == ' ' || c == '\t' || c == '\r') {
      if (!out.empty() && out.back() != ' ')
        out += ' ';
      continue;
    }
    bool tight = c == ',' || c == ')' || c == ']';
    if (tight && !out.empty() && out.back() == ' ')
      out.pop_back();
    if (c == ';' && !out.empty() && out.back() != ' ')
      out += ' ';
    if (!out.empty() && (out.back() == ',' || out.back() == ';') && c != ',' && c != ';')
      out += ' ';
    if (out.size() > 1 && out.back() == ' ' && (out[out.size() - 2] == '(' || out[out.size() - 2] == '['))
      out.pop_back();
    out += c;
  }
  while (!out.empty() && out.back() == ' ')
    out.pop_back();
  if (hash != std::string_view::npos) {
    std::string comment(line.substr(hash));
    while (!comment.empty() && (comment.back() == ' ' || comment.back() == '\t' || comment.back() == '\r'))
      comment.pop_back();
    out += (out.empty() ? "" : " ") + comment;
  }
  return out;
}

/// Does the next line continue this one (or this one's last)?
bool operatorAt(char c) { return std::string_view("+-*/^<").find(c) != std::string_view::npos; }

} // namespace

std::string format(const Source &source) {
  std::string out;
  int braces = 0, parentheses = 0;
  bool empty = true, goesOn = false;
  std::string_view rest = source.text();
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    std::string line = tidy(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.empty()) {
      if (!empty)
        out += "\n";
      empty = true;
      continue;
    }
    std::string code = line.substr(0, line.find('#'));
    while (!code.empty() && code.back() == ' ')
      code.pop_back();
    bool continues = goesOn || parentheses > 0 || (!code.empty() && operatorAt(code[0]));
    int indent = std::max(0, braces - (line[0] == '}')) * 4 + (continues && line[0] != '}' ? 8 : 0);
    out += std::string(indent, ' ') + line + "\n";
    for (char c : code) {
      braces += (c == '{') - (c == '}');
      parentheses = std::max(0, parentheses + (c == '(' || c == '[') - (c == ')' || c == ']'));
    }
    braces = std::max(0, braces);
    goesOn = !code.empty() && (operatorAt(code.back()) || code.back() == ',' || code.back() == '=');
    empty = false;
  }
  while (out.size() > 1 && out.ends_with("\n\n"))
    out.pop_back();
  while (out.starts_with("\n"))
    out.erase(0, 1);
  return out;
}

} // namespace gan::dsl
