// The parser's own header: position in the tokens, and the grammar's functions, each named after its rule.
#pragma once

#include "dsl/Parser.h"
#include "dsl/Tables.h"

namespace gan::dsl {

class Parser {
public:
  Parser(const Source &source, const Tokens &tokens, Diagnostics &diagnostics)
      : source(source), tokens(tokens.list), strange(tokens.strange), diagnostics(diagnostics) {}

  ast::File file();

private:
  // Parser.cpp
  void statement(ast::File &file);
  ast::Global global();
  ast::Updated updated();
  ast::Data data(bool latent);
  void columns(ast::Data &data);
  void range(ast::ExprPtr &lo, ast::ExprPtr &hi);
  void sizeWithoutParentheses(ast::ExprPtr &type);
  ast::Block block();
  void file(ast::Block &block);
  std::vector<ast::Port> ports(std::string_view end);
  ast::Port port();
  bool blockFollows() const;
  bool statementFollows() const;
  void blockItem(ast::Block &block);
  std::vector<ast::Item> items();
  ast::Item item();
  void layerArguments(ast::Layer &layer);
  ast::Layer layer();
  std::vector<ast::InitRule> init();
  // ParserExpressions.cpp
  std::vector<ast::Argument> arguments(bool parenthesized);
  ast::Argument argument();
  ast::Argument argumentWithRange();
  ast::ExprPtr expression(int level = 0);
  ast::ExprPtr unary();
  void grow(ast::Expr &e);
  ast::ExprPtr postfix();
  ast::ExprPtr primary();
  // ParserForeign.cpp
  std::string withEquals(ast::Argument &argument);
  ast::Argument argumentWithEquals();
  static bool isLayer(std::string_view word);
  bool commaForgotten();
  bool layerBehindComma();
  bool arrowFollows(ast::Layer &layer);
  bool layerFollows(std::string_view previous = {});
  void separatorForgotten(const std::string &separator);
  void withoutModule(ast::Name &name);
  bool callFollows() const;
  void layerAsCall(ast::Layer &layer);
  bool unknownQualifier(bool certain);
  // ParserTraining.cpp
  ast::Train train();
  void trainStatement(ast::Train &train);
  ast::Binding binding();
  ast::Choice choice();
  ast::Average average();
  ast::Refinement refinement();
  ast::Step step();
  bool stepFollows() const;
  void stepStatement(ast::Step &step);
  bool withForgotten();
  bool clipFollows(std::string_view word);
  bool valueNamed();
  ast::Objective objective();
  ast::Qualifiers qualifiers(bool ofStep);

  // tokens
  const Token &peek(size_t ahead = 0) const { return tokens[std::min(at + ahead, tokens.size() - 1)]; }
  std::string_view text(size_t ahead = 0) const {
    return peek(ahead).meant.empty() ? source.text(peek(ahead).span) : peek(ahead).meant;
  }
  bool is(std::string_view word, size_t ahead = 0) const {
    return (peek(ahead).kind == TokenKind::Symbol || peek(ahead).kind == TokenKind::Name) && text(ahead) == word;
  }
  /// Whether the current word starts a statement of this group.
  bool isAny(KeywordGroup group) const;
  bool isName(size_t ahead = 0) const { return peek(ahead).kind == TokenKind::Name; }
  bool accept(std::string_view word);
  bool expect(std::string_view word, std::string_view where);
  ast::Name name(std::string_view what);
  void skipSeparators();
  void endStatement(std::string_view where);
  /// Reports a second statement of a kind that may stand only once.
  void once(bool there, std::string_view word, Span first);
  bool strangeBefore() const;
  void unknownStatement(const std::vector<std::string> &known);
  void skipEquals(std::string_view word);
  void fail(const std::string &expected, const std::string &fix = "");
  ast::ExprPtr whole();
  bool misspelled(const std::vector<std::string> &words);
  void recover();
  bool opens(std::string_view where);
  Span since(uint32_t begin) const;
  bool tooDeep();

  /// Counts one level of nesting during its lifetime.
  struct Nest {
    int &depth;
    explicit Nest(int &depth) : depth(depth) { ++depth; }
    ~Nest() { --depth; }
  };

  const Source &source;
  const std::vector<Token> &tokens;
  const std::vector<Span> &strange;
  Diagnostics &diagnostics;
  size_t at = 0;
  int depth = 0;
  bool panicking = false;                   ///< a mistake in this statement was reported: report no more
  bool stopped = false;                     ///< nothing more can be parsed
  bool ended = false;                       ///< the statement has ended: its separator was forgotten and reported
  bool commaPassed = false;                 ///< the same, but a comma stood in place of the separator
  bool unclosed = false;                    ///< the closing brace of a block was forgotten and reported
  bool optimizerFollows = false;            ///< an optimizer follows whose `with` was forgotten and reported
  std::vector<ast::Binding> strayConstants; ///< constants inside blocks, which are not allowed and were reported
  bool quietEquals = false;                 ///< do not report `=`: the whole that it stands in is reported
};

} // namespace gan::dsl
