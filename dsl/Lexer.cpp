// Text to tokens, in one pass.
#include "dsl/Lexer.h"

#include <cctype>
#include <charconv>

namespace gan::dsl {
namespace {

bool nameStart(char c) { return std::isalpha((unsigned char)c) || c == '_'; }
bool nameChar(char c) { return std::isalnum((unsigned char)c) || c == '_'; }

class LexerRun {
public:
  LexerRun(const Source &source, Diagnostics &diagnostics) : text(source.text()), diagnostics(diagnostics) {}

  Tokens run() {
    if (text.size() > maxSourceBytes)
      diagnostics.add(DiagnosticId::FileTooLarge, {0, 1},
                      {std::to_string(text.size()), std::to_string(maxSourceBytes)});
    else if (text.find('\0') != std::string_view::npos)
      diagnostics.add(DiagnosticId::NotText, {0, 1});
    else
      while (at < text.size())
        next();
    uint32_t end = text.size();
    tokens.list.push_back({TokenKind::End, {end, end}});
    return std::move(tokens);
  }

private:
  void next() {
    char c = text[at];
    if (c == '\n' || c == ';')
      return separator(c);
    if (std::isspace((unsigned char)c)) {
      ++at;
      return;
    }
    if (c == '#')
      return comment();
    if (nameStart(c))
      return take(TokenKind::Name, [](char n) { return nameChar(n); });
    if (std::isdigit((unsigned char)c) ||
        (c == '.' && at + 1 < text.size() && std::isdigit((unsigned char)text[at + 1])))
      return number();
    symbol(c);
  }

  template <class Predicate> void take(TokenKind kind, Predicate in) {
    uint32_t begin = at;
    while (at < text.size() && in(text[at]))
      ++at;
    push(kind, begin);
  }

  void push(TokenKind kind, uint32_t begin) {
    bool space = begin == 0 || std::isspace((unsigned char)text[begin - 1]);
    tokens.list.push_back({kind, {begin, at}, 0, space});
  }

  void comment() {
    uint32_t begin = at;
    while (at < text.size() && text[at] != '\n')
      ++at;
    tokens.comments.push_back({begin, at});
  }

  void number() {
    uint32_t begin = at;
    while (at < text.size() && (nameChar(text[at]) || text[at] == '.' ||
                                ((text[at] == '+' || text[at] == '-') && (text[at - 1] == 'e' || text[at - 1] == 'E'))))
      ++at;
    push(TokenKind::Number, begin);
    const char *first = text.data() + begin, *last = text.data() + at;
    auto [end, error] = std::from_chars(first, last, tokens.list.back().number);
    if (error != std::errc() || end != last)
      diagnostics.add(DiagnosticId::BadNumber, {begin, at}, {std::string(first, last)});
  }

  void symbol(char c) {
    uint32_t begin = at++;
    if (c == '-' && at < text.size() && text[at] == '>')
      ++at;
    else if (std::string_view("(){}[],:.=+-*/^<>").find(c) == std::string_view::npos) {
      while (at < text.size() && ((unsigned char)text[at] & 0xC0) == 0x80)
        ++at; // the rest of a UTF-8 character
      std::string shown(text.substr(begin, at - begin));
      if (!std::isprint((unsigned char)c) && shown.size() == 1)
        shown = "of code " + std::to_string((unsigned char)c);
      else
        shown = "`" + shown + "`";
      diagnostics.add(DiagnosticId::StrangeCharacter, {begin, at}, {shown});
      return;
    }
    depth += c == '(' || c == '[';
    if ((c == ')' || c == ']') && depth > 0)
      --depth;
    push(TokenKind::Symbol, begin);
  }

  void separator(char c) {
    uint32_t begin = at++;
    if (c == '\n' && (goesOn() || (depth > 0 && !startsStatement())))
      return;
    depth = 0;
    if (!tokens.list.empty() && tokens.list.back().kind != TokenKind::Separator)
      push(TokenKind::Separator, begin);
  }

  /// A parenthesis was forgotten where a line starts with a word that only starts statements, or a block ends.
  bool startsStatement() const {
    size_t i = at;
    while (i < text.size() && std::isspace((unsigned char)text[i]))
      ++i;
    if (i < text.size() && (text[i] == '}' || text[i] == '{'))
      return true;
    size_t end = i;
    while (end < text.size() && nameChar(text[end]))
      ++end;
    for (std::string_view word : {"model", "data", "latent", "const", "init", "encoder", "decoder", "discriminator",
                                  "qhead", "train", "batch", "epochs", "let", "metric", "step", "maximize", "minimize"})
      if (text.substr(i, end - i) == word)
        return true;
    return false;
  }

  /// An operator at a line's end or at the next one's start.
  bool goesOn() const {
    if (!tokens.list.empty() && tokens.list.back().kind == TokenKind::Symbol) {
      std::string_view last = text.substr(tokens.list.back().span.begin, 1);
      if (std::string_view("+-*/^,=<").find(last) != std::string_view::npos)
        return true;
    }
    size_t i = at;
    while (i < text.size() && std::isspace((unsigned char)text[i]))
      ++i;
    return i < text.size() && std::string_view("+-*/^<").find(text[i]) != std::string_view::npos;
  }

  std::string_view text;
  Diagnostics &diagnostics;
  Tokens tokens;
  uint32_t at = 0;
  int depth = 0; ///< of open parentheses
};

} // namespace

Tokens lex(const Source &source, Diagnostics &diagnostics) { return LexerRun(source, diagnostics).run(); }

std::string printTokens(const Source &source, const Tokens &tokens) {
  static constexpr const char *kinds[] = {"name", "number", "symbol", "separator", "end"};
  std::string out;
  for (const Token &token : tokens.list) {
    Position p = source.position(token.span.begin);
    out += std::to_string(p.line) + ":" + std::to_string(p.column) + " " + kinds[size_t(token.kind)];
    if (token.kind != TokenKind::Separator && token.kind != TokenKind::End)
      out += " " + std::string(source.text(token.span));
    out += "\n";
  }
  return out;
}

} // namespace gan::dsl
