// The words of a PTX text with their lines, and a cursor that the parser and the decoder move over them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ptx {

/// A word is a name, an opcode with its dots, or a number; all else is one character, or a string with its quotes.
struct Token {
  enum Kind { Word, Mark, String, End } kind;
  std::string_view text;
  int line;
};

/// The tokens of a text, comments left out; they point into it.
std::vector<Token> tokensOf(std::string_view text);

class Cursor {
public:
  explicit Cursor(const std::vector<Token> &all) : tokens(&all) {}

  const Token &peek(size_t ahead = 0) const { return (*tokens)[std::min(at + ahead, tokens->size() - 1)]; }
  const Token &next() { return (*tokens)[std::min(at++, tokens->size() - 1)]; }
  bool is(std::string_view text) const { return peek().kind != Token::End && peek().text == text; }
  bool accept(std::string_view text);
  void expect(std::string_view text);
  std::string_view word(); ///< the next token, which must be a word
  int64_t integer();       ///< an optional sign and a number
  void skipBraces();       ///< from "{" to its "}"
  void skipThrough(std::string_view text);
  bool atEnd() const { return peek().kind == Token::End; }
  int line() const { return peek().line; }
  [[noreturn]] void fail(const std::string &message) const;

private:
  const std::vector<Token> *tokens;
  size_t at = 0;
};

bool startsWithDigit(std::string_view word);

} // namespace ptx
