// Splits text into tokens. A newline separates statements like `;`, except inside parentheses and where a line plainly
// goes on.
#pragma once

#include "dsl/Diagnostics.h"

namespace gan::dsl {

enum class TokenKind : uint8_t { Name, Number, Symbol, String, Separator, End };

struct Token {
  TokenKind kind;
  Span span;
  double number = 0;           ///< value of a Number
  bool spaceBefore = true;     ///< `kernel (3, 5)` is an argument, `kernel(3, 5)` a call
  std::string_view meant = {}; ///< what the parser reads for a symbol of another language; "": the source itself
};

struct Tokens {
  std::vector<Token> list; ///< the last token is End
  std::vector<Span> comments;
  std::vector<Span> strange; ///< meaningless characters, reported: mistakes that they cause are not reported too
};

/// The largest source that is read.
inline constexpr size_t maxSourceBytes = 1 << 20;

Tokens lex(const Source &source, Diagnostics &diagnostics);

/// The text of --stage=tokens: one token on each line.
std::string printTokens(const Source &source, const Tokens &tokens);

} // namespace gan::dsl
