// Splits text into tokens, in one pass.
#include "dsl/Lexer.h"

#include "dsl/Tables.h"
#include "dsl/Text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace gan::dsl {
namespace {

bool nameStart(char c) { return std::isalpha((unsigned char)c) || c == '_'; }
bool nameChar(char c) { return std::isalnum((unsigned char)c) || c == '_'; }

struct Symbol {
  std::string_view written, ours, say;
};

constexpr Symbol symbols[] = {
#define GAN_SYMBOL(written, ours, say) {written, ours, say},
#include "dsl/Symbols.def"
};

constexpr std::string_view byteOrderMark = "\ufeff";

class LexerRun {
public:
  LexerRun(const Source &source, Diagnostics &diagnostics) : text(source.text()), diagnostics(diagnostics) {}

  Tokens run() {
    if (text.size() > maxSourceBytes)
      diagnostics.add(DiagnosticId::FileTooLarge, {0, 1},
                      {std::to_string(text.size()), std::to_string(maxSourceBytes)});
    else if (isText()) {
      at = text.starts_with(byteOrderMark) ? byteOrderMark.size() : 0;
      while (at < text.size())
        next();
    }
    uint32_t end = text.size();
    tokens.list.push_back({TokenKind::End, {end, end}});
    return std::move(tokens);
  }

private:
  /// Checks that the file is text. Reports a zero byte, and bytes that are not UTF-8, wherever they stand.
  bool isText() {
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
      return diagnostics.add(DiagnosticId::NotText, {0, 2}, {"it is UTF-16: save it as UTF-8"}), false;
    if (size_t zero = text.find('\0'); zero != std::string_view::npos)
      return diagnostics.add(DiagnosticId::NotText, {uint32_t(zero), uint32_t(zero + 1)}, {"it holds a zero byte"}),
             false;
    constexpr int mostReported = 10; // a file in another encoding has many such bytes
    int reported = 0;
    for (uint32_t i = 0; i < text.size() && reported < mostReported;) {
      size_t length = characterLength(text, i);
      if (!length) {
        ++reported;
        Diagnostic &d = diagnostics.add(DiagnosticId::NotUtf8, {i, i + 1}, {printable(text.substr(i, 1))});
        if (auto byte = (unsigned char)text[i]; byte >= 0xa0) // suggests the letter that the byte is in Latin-1
          d.fix = Fix{{i, i + 1}, {char(0xc0 | byte >> 6), char(0x80 | (byte & 0x3f))}};
      }
      i += std::max<size_t>(length, 1);
    }
    return true;
  }

  void next() {
    char c = text[at];
    if (c == '\r' && text.substr(at, 2) != "\r\n")
      return loneReturn();
    if (c == '\n' || c == ';')
      return separator(c);
    if (c == ' ' || c == '\t' || c == '\r') {
      ++at;
      return;
    }
    if (c == '#')
      return comment();
    if (characterLength(text, at) == 0) { // already reported
      tokens.strange.push_back({at, at + 1});
      ++at;
      return;
    }
    if (c == '"' && outsideName())
      return;
    if (const Symbol *symbol = foreign())
      return replace(*symbol);
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

  /// Handles a line end of a carriage return alone, as old Macs wrote it. It is reported once.
  void loneReturn() {
    if (!std::exchange(returnReported, true))
      diagnostics.add(DiagnosticId::LoneReturn, {at, at + 1});
    separator('\n');
  }

  /// The longest symbol of Symbols.def that stands here; null if there is none.
  const Symbol *foreign() const {
    const Symbol *best = nullptr;
    for (const Symbol &symbol : symbols)
      if (text.substr(at).starts_with(symbol.written) && (!best || symbol.written.size() > best->written.size()))
        best = &symbol;
    return best;
  }

  /// Whether the last token is this word or symbol.
  bool behind(std::string_view word) const {
    const Token *last = tokens.list.empty() ? nullptr : &tokens.list.back();
    return last && text.substr(last->span.begin, last->span.end - last->span.begin) == word;
  }

  /// Reads the name of a file or of a table's column, which is what stands in quotes: `from "features.safetensors"`,
  /// `from "height", "weight"`. False if the text here is something else.
  bool outsideName() {
    size_t end = text.find_first_of("\"\n", at + 1), count = tokens.list.size();
    bool another = behind(",") && count > 1 && tokens.list[count - 2].kind == TokenKind::String;
    if ((!behind("from") && !another) || end == std::string_view::npos || text[end] != '"')
      return false;
    uint32_t begin = at;
    at = uint32_t(end) + 1;
    push(TokenKind::String, begin);
    return true;
  }

  /// `"vae"`: reports both quotes as one mistake. Returns false if there is no second quote.
  bool quoted(char quote) {
    uint32_t begin = at;
    size_t end = text.find_first_of(std::string{quote, '\n'}, begin + 1);
    if (end == std::string_view::npos || text[end] != quote)
      return false;
    std::string inside(text.substr(begin + 1, end - begin - 1));
    diagnostics
        .add(DiagnosticId::ForeignSymbol, {begin, uint32_t(end) + 1},
             {std::string(1, quote), "words stand without quotes"})
        .fix = Fix{{begin, uint32_t(end) + 1}, inside};
    closingQuote = uint32_t(end);
    ++at;
    return true;
  }

  /// Reports a symbol of another language and goes on as if this language's symbol stood there.
  void replace(const Symbol &symbol) {
    if (at == closingQuote) {
      ++at;
      return;
    }
    if ((text[at] == '"' || text[at] == '\'' || text[at] == '`') && quoted(text[at]))
      return;
    uint32_t begin = at;
    at += symbol.written.size();
    diagnostics.add(DiagnosticId::ForeignSymbol, {begin, at}, {printable(symbol.written), std::string(symbol.say)})
        .fix = Fix{{begin, at}, std::string(symbol.ours)};
    if (symbol.written == "/*") {
      at = std::min(text.find("*/", at), text.size() - 2) + 2;
      return;
    }
    if (symbol.ours == "#")
      return comment();
    if (symbol.ours.empty() || symbol.ours == " ")
      return;
    if (symbol.ours == ";") {
      --at;
      return separator(';');
    }
    push(nameStart(symbol.ours[0]) ? TokenKind::Name : TokenKind::Symbol, begin);
    tokens.list.back().meant = symbol.ours;
    depth += symbol.ours == "(";
    if (symbol.ours == ")" && depth > 0)
      --depth;
  }

  void push(TokenKind kind, uint32_t begin) {
    bool space = begin == 0 || std::isspace((unsigned char)text[begin - 1]);
    tokens.list.push_back({kind, {begin, at}, 0, space});
  }

  void comment() {
    uint32_t begin = at;
    at = std::min(text.find_first_of("\r\n", at), text.size());
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
    if (error == std::errc() && end == last)
      return;
    Diagnostic &d = diagnostics.add(DiagnosticId::BadNumber, {begin, at}, {std::string(first, last)});
    if (std::string fix = meantNumbers({begin, at}); !fix.empty())
      d.fix = Fix{{begin, at}, fix};
  }

  /// `28x28`, `0..1` and `2kl(..)` are meant as two numbers or a product. Returns how that is written, and adds the
  /// tokens as if it had been; "" for anything else.
  std::string meantNumbers(Span span) {
    std::vector<std::string_view> parts;
    std::string_view whole = text.substr(span.begin, span.end - span.begin);
    auto isNumber = [](std::string_view part) {
      return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
    };
    size_t dots = whole.find(".."), letters = std::min(whole.find_first_not_of("0123456789."), whole.size());
    if (dots != std::string_view::npos && depth > 0)
      parts = {whole.substr(0, dots), whole.substr(std::min(whole.find_first_not_of('.', dots), whole.size()))};
    else if (whole.find('x') != std::string_view::npos)
      for (size_t i = 0; i <= whole.size(); i = std::min(whole.find('x', i), whole.size()) + 1)
        parts.push_back(whole.substr(i, whole.find('x', i) - i));
    else if (span.end < text.size() && text[span.end] == '(' && letters < whole.size() &&
             std::all_of(whole.begin() + letters, whole.end(), nameChar))
      return meantProduct(span, letters);
    if (parts.size() < 2 || !std::all_of(parts.begin(), parts.end(), isNumber))
      return "";
    return meantList(span, parts, depth == 0);
  }

  std::string meantList(Span span, const std::vector<std::string_view> &parts, bool parentheses) {
    std::string list;
    tokens.list.pop_back();
    auto symbol = [&](std::string_view meant) { tokens.list.push_back({TokenKind::Symbol, span, 0, true, meant}); };
    if (parentheses)
      symbol("(");
    for (std::string_view part : parts) {
      if (!list.empty())
        symbol(",");
      list += (list.empty() ? "" : ", ") + std::string(part);
      double value = 0;
      std::from_chars(part.data(), part.data() + part.size(), value);
      tokens.list.push_back({TokenKind::Number, span, value});
    }
    if (parentheses)
      symbol(")");
    return parentheses ? "(" + list + ")" : list;
  }

  /// Replaces the token of `2kl(..)` by those of a product.
  std::string meantProduct(Span span, size_t letters) {
    uint32_t name = span.begin + uint32_t(letters);
    double value = 0;
    std::from_chars(text.data() + span.begin, text.data() + name, value);
    tokens.list.back() = {TokenKind::Number, {span.begin, name}, value};
    tokens.list.push_back({TokenKind::Symbol, {name, name}, 0, true, "*"});
    tokens.list.push_back({TokenKind::Name, {name, span.end}});
    return std::string(text.substr(span.begin, letters)) + " * " + std::string(text.substr(name, span.end - name));
  }

  void symbol(char c) {
    uint32_t begin = at++;
    if (c == '-' && at < text.size() && text[at] == '>')
      ++at;
    else if (std::string_view("(){}[],:.=+-*/^<>").find(c) == std::string_view::npos) {
      at = begin + characterLength(text, begin);
      diagnostics.add(DiagnosticId::StrangeCharacter, {begin, at}, {printable(text.substr(begin, at - begin))});
      tokens.strange.push_back({begin, at});
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

  /// Whether the next line starts with a word that only starts statements, or with a brace. Inside parentheses this
  /// means that a closing one was forgotten.
  bool startsStatement() const {
    size_t i = at;
    while (i < text.size() && std::isspace((unsigned char)text[i]))
      ++i;
    if (i < text.size() && (text[i] == '}' || text[i] == '{'))
      return true;
    size_t end = i;
    while (end < text.size() && nameChar(text[end]))
      ++end;
    std::string_view word = text.substr(i, end - i);
    return std::any_of(keywordRows().begin(), keywordRows().end(),
                       [&](const KeywordRow &row) { return row.only && row.spelling == word; });
  }

  /// Whether a statement goes on in the next line: an operator stands at the end of this line or at the start of the
  /// next.
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
  int depth = 0; ///< number of open parentheses
  bool returnReported = false;
  uint32_t closingQuote = UINT32_MAX; ///< place of the closing quote of a reported pair
};

} // namespace

Tokens lex(const Source &source, Diagnostics &diagnostics) { return LexerRun(source, diagnostics).run(); }

std::string printTokens(const Source &source, const Tokens &tokens) {
  static constexpr const char *kinds[] = {"name", "number", "symbol", "string", "separator", "end"};
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
