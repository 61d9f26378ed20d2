// Words of a PTX text: letters, digits and "_$%." together, so that "ld.global.v4.f32", "%rd12" and "0f3F800000" are
// one word each.
#include "compiler/ptx/Tokens.h"
#include "compiler/ptx/Module.h"

#include <cctype>

namespace ptx {
namespace {

bool inWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' || c == '.';
}

/// Decimal exponents may have a sign: 1.5e-3. Hexadecimal numbers have the letter too.
bool isExponent(std::string_view word, char next) {
  return (next == '-' || next == '+') && word.size() > 1 && startsWithDigit(word) &&
         (word.back() == 'e' || word.back() == 'E') && std::isalpha(static_cast<unsigned char>(word[1])) == 0;
}

} // namespace

bool startsWithDigit(std::string_view word) { return !word.empty() && word[0] >= '0' && word[0] <= '9'; }

std::vector<Token> tokensOf(std::string_view text) {
  std::vector<Token> tokens;
  int line = 1;
  for (size_t i = 0; i < text.size();) {
    size_t begin = i;
    if (text[i] == '\n') {
      ++line, ++i;
    } else if (std::isspace(static_cast<unsigned char>(text[i]))) {
      ++i;
    } else if (text.substr(i, 2) == "//") {
      i = std::min(text.find('\n', i), text.size());
    } else if (text.substr(i, 2) == "/*") {
      size_t end = text.find("*/", i + 2);
      end = end == std::string_view::npos ? text.size() : end + 2;
      for (; i < end; ++i)
        line += text[i] == '\n';
    } else if (text[i] == '"') {
      i = text.find('"', i + 1);
      i = i == std::string_view::npos ? text.size() : i + 1;
      tokens.push_back({Token::String, text.substr(begin, i - begin), line});
    } else if (inWord(text[i])) {
      while (i < text.size()) {
        if (inWord(text[i]) || isExponent(text.substr(begin, i - begin), text[i]))
          ++i;
        else if (text.substr(i, 2) == "::") // ld.global.L1::evict_last.b32
          i += 2;
        else
          break;
      }
      tokens.push_back({Token::Word, text.substr(begin, i - begin), line});
    } else {
      tokens.push_back({Token::Mark, text.substr(i++, 1), line});
    }
  }
  tokens.push_back({Token::End, "the end of the text", line});
  return tokens;
}

bool Cursor::accept(std::string_view text) {
  if (!is(text))
    return false;
  next();
  return true;
}

void Cursor::expect(std::string_view text) {
  if (!accept(text))
    fail("expected '" + std::string(text) + "' instead of '" + std::string(peek().text) + "'");
}

std::string_view Cursor::word() {
  if (peek().kind != Token::Word)
    fail("expected a word instead of '" + std::string(peek().text) + "'");
  return next().text;
}

int64_t Cursor::integer() {
  bool negative = accept("-");
  if (!negative)
    accept("+");
  if (accept("-")) // [%rd1+-16]
    negative = true;
  std::string number(word());
  if (!number.empty() && number.back() == 'U')
    number.pop_back();
  size_t used = 0;
  uint64_t value = 0;
  try {
    value = std::stoull(number, &used, 0);
  } catch (const std::exception &) {
  }
  if (used == 0 || used != number.size())
    fail("'" + number + "' is not a whole number");
  return int64_t(negative ? 0 - value : value);
}

void Cursor::skipBraces() {
  int depth = 0;
  do {
    if (atEnd())
      fail("a '{' without its '}'");
    depth += is("{") ? 1 : is("}") ? -1 : 0;
    next();
  } while (depth > 0);
}

void Cursor::skipThrough(std::string_view text) {
  while (!atEnd() && next().text != text) {
  }
}

void Cursor::fail(const std::string &message) const { throw ParseError(line(), message); }

} // namespace ptx
