// Parses arguments and expressions of the grammar.
#include "dsl/ParserState.h"

#include <algorithm>
#include <utility>

namespace gan::dsl {

/// arguments = [ argument { "," argument } ]
std::vector<ast::Argument> Parser::arguments(bool parenthesized) {
  std::vector<ast::Argument> result;
  if (parenthesized && is(")"))
    return result;
  do
    result.push_back(argument());
  while (!panicking && (parenthesized || !layerBehindComma()) && (accept(",") || commaForgotten()));
  return result;
}

/// name "in" "[" expression "," expression "]"
ast::Argument Parser::argumentWithRange() {
  ast::Argument result;
  result.name = name("an argument");
  result.span = result.name.span;
  at += 2;
  result.value = std::make_unique<ast::Expr>();
  result.value->kind = ast::ExprKind::Tuple;
  uint32_t begin = peek().span.begin;
  result.value->operands.push_back(expression());
  expect(",", "and the largest value");
  result.value->operands.push_back(expression());
  result.value->span = since(begin);
  expect("]", "after the range");
  result.span = since(result.name.span.begin);
  return result;
}

/// argument = [ name ] expression [ unit | "per" unit ] | name "in" "[" expression "," expression "]"
ast::Argument Parser::argument() {
  ast::Argument result;
  uint32_t begin = peek().span.begin;
  if (isName() && (is("=", 1) || is(":", 1)))
    return argumentWithEquals();
  if (isName() && is("in", 1) && is("[", 2))
    return argumentWithRange();
  bool valueFollows = peek(1).kind == TokenKind::Number || peek(1).kind == TokenKind::Name ||
                      (is("(", 1) && peek(1).spaceBefore) ||
                      (is("-", 1) && peek(1).spaceBefore && !peek(2).spaceBefore);
  if (isName() && valueFollows)
    result.name = name("an argument");
  result.value = expression();
  if (accept("per") || is("epochs") || is("steps"))
    result.unit = name("`step` or `epoch`");
  result.span = since(begin);
  return result;
}

/// expression = comparison { ("and" | "or") comparison }, down to products; `level` is the binding strength.
ast::ExprPtr Parser::expression(int level) {
  static const std::vector<std::vector<std::string_view>> operators = {
      {"or"}, {"and"}, {"<", ">"}, {"+", "-"}, {"*", "/"}};
  if (level == int(operators.size()))
    return unary();
  Nest nest(depth);
  uint32_t begin = peek().span.begin;
  ast::ExprPtr left = tooDeep() ? std::make_unique<ast::Expr>() : expression(level + 1);
  while (!panicking) {
    auto op = std::find_if(operators[level].begin(), operators[level].end(), [&](auto o) { return is(o); });
    if (op == operators[level].end())
      break;
    auto binary = std::make_unique<ast::Expr>();
    binary->kind = ast::ExprKind::Binary;
    binary->name = {std::string(*op), peek().span};
    ++at;
    binary->operands.push_back(std::move(left));
    binary->operands.push_back(expression(level + 1));
    binary->span = since(begin);
    left = std::move(binary);
    grow(*left);
  }
  return left;
}

/// Updates the height of the expression and limits it: a sum of thousands of terms is a tree just as deep, over which
/// later stages recurse.
void Parser::grow(ast::Expr &e) {
  for (const ast::ExprPtr &operand : e.operands)
    e.height = std::max(e.height, operand->height + 1);
  for (const ast::Argument &a : e.arguments)
    e.height = std::max(e.height, a.value ? a.value->height + 1 : 1);
  if (e.height <= maxOperations || panicking)
    return;
  diagnostics.add(DiagnosticId::LongExpression, e.span, {std::to_string(maxOperations)});
  panicking = true;
}

/// unary = ( "-" | "not" ) unary | postfix [ "^" unary ]
ast::ExprPtr Parser::unary() {
  Nest nest(depth);
  if (tooDeep())
    return std::make_unique<ast::Expr>();
  uint32_t begin = peek().span.begin;
  auto make = [&](ast::ExprKind kind, ast::Name op) {
    auto e = std::make_unique<ast::Expr>();
    e->kind = kind;
    e->name = std::move(op);
    return e;
  };
  if (is("-") || is("not")) {
    ast::ExprPtr e = make(ast::ExprKind::Unary, {std::string(text()), peek().span});
    ++at;
    e->operands.push_back(unary());
    e->span = since(begin);
    grow(*e);
    return e;
  }
  ast::ExprPtr base = postfix();
  if (panicking || !is("^"))
    return base;
  ast::ExprPtr e = make(ast::ExprKind::Binary, {"^", peek().span});
  ++at;
  e->operands.push_back(std::move(base));
  e->operands.push_back(unary());
  e->span = since(begin);
  grow(*e);
  return e;
}

/// postfix = primary { "(" arguments ")" | "." name }
ast::ExprPtr Parser::postfix() {
  uint32_t begin = peek().span.begin;
  ast::ExprPtr e = primary();
  while (!panicking) {
    auto outer = std::make_unique<ast::Expr>();
    if (is("(") && !peek().spaceBefore) {
      ++at;
      outer->kind = ast::ExprKind::Call;
      outer->arguments = arguments(true);
      expect(")", "after the arguments");
    } else if (accept(".")) {
      outer->kind = ast::ExprKind::Member;
      outer->name = name("a label or an output");
    } else if (is("[") && !peek().spaceBefore && !stopped) {
      diagnostics.add(DiagnosticId::Indexed, peek().span)
          .notes.push_back({peek().span, "`Q(v).c` is one of several outputs, `D.trunk(v)` the value at a label"});
      panicking = true;
      break;
    } else {
      break;
    }
    outer->operands.push_back(std::move(e));
    outer->span = since(begin);
    e = std::move(outer);
    grow(*e);
  }
  return e;
}

/// primary = number | name | "(" expression { "," expression } ")"
ast::ExprPtr Parser::primary() {
  auto e = std::make_unique<ast::Expr>();
  uint32_t begin = peek().span.begin;
  if (peek().kind == TokenKind::Number) {
    e->kind = ast::ExprKind::Number;
    e->number = peek().number;
    ++at;
  } else if (isName()) {
    e->kind = ast::ExprKind::Name;
    e->name = name("a name");
  } else if (accept("(")) {
    e = expression();
    if (is(",")) {
      auto tuple = std::make_unique<ast::Expr>();
      tuple->kind = ast::ExprKind::Tuple;
      tuple->operands.push_back(std::move(e));
      while (!panicking && accept(","))
        tuple->operands.push_back(expression());
      e = std::move(tuple);
    }
    expect(")", "after the expression");
  } else {
    fail("an expression");
  }
  e->span = since(begin);
  return e;
}

} // namespace gan::dsl
