// Formats a source in canonical layout. It works on the characters alone, so that files with mistakes can be formatted
// too. It uses four spaces for each open brace, eight more for a line that continues another, spaces around operators
// and at most one empty line, and keeps comments.
#include "dsl/Checker.h"

#include <algorithm>
#include <cctype>

namespace gan::dsl {
namespace {

struct Piece {
  std::string_view text;
  bool spaced; ///< whether there was a space before it
};

std::vector<Piece> pieces(std::string_view code) {
  auto word = [](char c) { return std::isalnum((unsigned char)c) || c == '_' || c == '.' || (unsigned char)c >= 0x80; };
  std::vector<Piece> out;
  bool spaced = false;
  for (size_t i = 0; i < code.size();) {
    if (code[i] == ' ' || code[i] == '\t' || code[i] == '\r') {
      spaced = true;
      ++i;
      continue;
    }
    size_t end = i + 1;
    if (code[i] == '"') { // a file's name keeps its characters
      end = std::min(code.find('"', i + 1), code.size() - 1) + 1;
    } else if (word(code[i])) {
      while (end < code.size() &&
             (word(code[end]) || ((code[end] == '-' || code[end] == '+') && std::isdigit((unsigned char)code[i]) &&
                                  (code[end - 1] == 'e' || code[end - 1] == 'E'))))
        ++end;
    } else if (code.substr(i, 2) == "->") {
      end = i + 2;
    }
    out.push_back({code.substr(i, end - i), spaced});
    spaced = false;
    i = end;
  }
  return out;
}

bool isOneOf(std::string_view text, std::string_view list) {
  return text.size() == 1 && list.find(text) != std::string_view::npos;
}

/// Whether a space stands between two pieces. `sign` tells that the left one is the sign of a number.
bool spaceBetween(const Piece &left, const Piece &right, bool sign) {
  if (isOneOf(left.text, "([") || isOneOf(right.text, ")],:") || sign || left.text == "^" || right.text == "^")
    return false;
  if (right.text == "(")
    return right.spaced || isOneOf(left.text, ",;:=+-*/<>") || left.text == "->";
  if (isOneOf(left.text, ",;:=+*/<>-") || isOneOf(right.text, ";=+*/<>{[") || left.text == "->" || right.text == "->")
    return true;
  bool word = std::isalnum((unsigned char)right.text[0]) || right.text[0] == '_';
  return right.spaced || right.text == "-" || (word && isOneOf(left.text, ")]"));
}

/// The code of one line with canonical spaces, broken after `{` and around `}`.
std::vector<std::string> tidyCode(std::string_view code) {
  std::vector<std::string> lines;
  std::string line;
  std::vector<Piece> all = pieces(code);
  auto flush = [&] {
    if (!line.empty())
      lines.push_back(std::move(line));
    line.clear();
  };
  bool sign = false;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].text == "}")
      flush();
    if (!line.empty() && spaceBetween(all[i - 1], all[i], sign))
      line += ' ';
    // A minus after a value is a subtraction, unless it has a space before but not after it: `leaky_relu -0.1`.
    bool value = i > 0 && !isOneOf(all[i - 1].text, "([,:=+-*/^<>;") && all[i - 1].text != "->";
    sign = all[i].text == "-" && (!value || (all[i].spaced && i + 1 < all.size() && !all[i + 1].spaced));
    line += all[i].text;
    if (all[i].text == "{" || all[i].text == "}")
      flush();
  }
  flush();
  return lines;
}

/// The lines that one line becomes. A comment stands at the end of the last.
std::vector<std::string> tidy(std::string_view line) {
  size_t hash = line.find('#');
  std::vector<std::string> lines = tidyCode(line.substr(0, hash));
  if (hash == std::string_view::npos)
    return lines;
  std::string comment(line.substr(hash));
  while (!comment.empty() && (comment.back() == ' ' || comment.back() == '\t' || comment.back() == '\r'))
    comment.pop_back();
  if (lines.empty())
    lines.push_back(comment);
  else
    lines.back() += " " + comment;
  return lines;
}

/// Whether this is an operator, which at the start or end of a line continues a statement.
bool operatorAt(char c) { return std::string_view("+-*/^<").find(c) != std::string_view::npos; }

} // namespace

std::string format(const Source &source) {
  std::string out;
  int braces = 0, parentheses = 0;
  bool empty = true, goesOn = false;
  auto add = [&](const std::string &line) {
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
  };
  std::string_view rest = source.text();
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    std::vector<std::string> lines = tidy(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (lines.empty() && !empty)
      out += "\n";
    for (const std::string &line : lines)
      add(line);
    empty = lines.empty();
  }
  while (out.size() > 1 && out.ends_with("\n\n"))
    out.pop_back();
  while (out.starts_with("\n"))
    out.erase(0, 1);
  return out;
}

} // namespace gan::dsl
