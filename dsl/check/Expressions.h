// Expressions over values of a sample: names, applications of blocks, calls of functions, arithmetic.
#pragma once

#include "dsl/Tables.h"
#include "dsl/check/Functions.h"
#include "dsl/check/Numbers.h"

namespace gan::dsl {

/// Checks expressions, and builds them with their types. Each function gives null for an expression with a mistake,
/// which is reported.
class Expressions {
public:
  Expressions(const ast::File &file, const Model &model, Names &names, Numbers &numbers, Report &report)
      : file(file), model(model), names(names), numbers(numbers), report(report), functions(model, report) {}

  ExprPtr expression(const ast::Expr &e);
  ExprPtr value(const ast::Expr &e); ///< like expression, but a distribution becomes its expectation
  /// Another draw of a latent. `span` is where it is drawn; if it is left out, where the latent is named.
  ExprPtr freshDraw(const ast::Expr &latent, std::optional<Span> span = {});

private:
  ExprPtr number(const ast::Expr &e);
  ExprPtr name(const ast::Expr &e);
  ExprPtr output(const ast::Expr &e);
  ExprPtr call(const ast::Expr &e);
  ExprPtr callAtLabel(const ast::Expr &e);
  ExprPtr callByName(const ast::Expr &e);
  ExprPtr apply(const ast::Expr &e, int block, int label);
  ExprPtr fresh(const ast::Expr &e);
  bool relaxation(const ast::Argument &a, Expr &draw);
  ExprPtr function(const ast::Expr &e, const FunctionRow &row);
  ExprPtr unary(const ast::Expr &e);
  ExprPtr binary(const ast::Expr &e);

  const ast::File &file;
  const Model &model;
  Names &names;
  Numbers &numbers;
  Report &report;
  Functions functions;
  std::map<int, int> freshDraws; ///< number of fresh draws of each latent so far
};

} // namespace gan::dsl
