// Makes and combines values. Ranges of values are computed, so that a logarithm of something negative is found before
// anything runs.
#include "dsl/check/Values.h"

#include "dsl/Checker.h"
#include "dsl/Tables.h"

#include <algorithm>
#include <cmath>

namespace gan::dsl {

std::shared_ptr<Expr> makeExpr(ExprKind kind, Span span, Type type) {
  auto e = std::make_shared<Expr>();
  e->kind = kind;
  e->span = span;
  e->type = std::move(type);
  return e;
}

ExprPtr expectationOf(const ExprPtr &v) {
  Range range = rowOf(v->type.dist).values;
  auto mean = makeExpr(ExprKind::Call, v->span, {TypeKind::Sample, v->type.shape, OutputKind::Value, range});
  mean->function = Function::Expectation;
  mean->args = {v};
  return mean;
}

std::string typeText(const Type &type) {
  switch (type.kind) {
  case TypeKind::Number:
    return "a number";
  case TypeKind::Sample:
    return type.shape.empty() ? "one number per sample" : shapeText(type.shape) + " per sample";
  case TypeKind::Batch:
    return type.shape.empty() ? "one number for the batch" : shapeText(type.shape) + " for the batch";
  case TypeKind::Distribution:
    return "a " + std::string(rowOf(type.dist).spelling) + " of " + shapeText(type.shape);
  case TypeKind::Block:
    return "several outputs";
  }
  return "";
}

bool isDistribution(const ExprPtr &e) { return e->type.kind == TypeKind::Distribution; }

void shapeMismatch(const Shape &a, const Shape &b, Span span, Report &report) {
  Diagnostic &d = report.error(Id::ShapeMismatch, span, {shapeText(a), shapeText(b)});
  if (elements(a) == elements(b) && !a.empty() && !b.empty())
    d.notes.push_back(
        {span, "as many numbers in another shape: end the block of the image with `flatten`, or that of the "
               "vector with `reshape " +
                   shapeText(a.size() > b.size() ? a : b) + "`"});
}

std::optional<Type> broadcast(const Type &a, const Type &b, Span span, Report &report) {
  auto rank = [](const Type &t) { return t.kind == TypeKind::Number ? 0 : t.kind == TypeKind::Batch ? 1 : 2; };
  auto single = [](const Type &t) { return t.shape.empty() || t.shape == Shape{1}; };
  if (!single(a) && !single(b) && a.shape != b.shape) {
    shapeMismatch(a.shape, b.shape, span, report);
    return std::nullopt;
  }
  Type out;
  out.kind = rank(a) >= rank(b) ? a.kind : b.kind;
  out.shape = a.shape.empty() || (single(a) && !b.shape.empty()) ? b.shape : a.shape;
  return out;
}

/// The range of a product, from the products of the ends. 0 * infinity counts as 0, because each factor is finite when
/// it is computed.
static Range product(Range a, Range b) {
  double lo = INFINITY, hi = -INFINITY;
  for (double x : {a.lo, a.hi})
    for (double y : {b.lo, b.hi}) {
      double p = x == 0 || y == 0 ? 0 : x * y;
      lo = std::min(lo, p);
      hi = std::max(hi, p);
    }
  return {lo, hi};
}

Range rangeOf(ExprKind arithmetic, Range a, Range b) {
  switch (arithmetic) {
  case ExprKind::Add:
    return {a.lo + b.lo, a.hi + b.hi};
  case ExprKind::Sub:
    return {a.lo - b.hi, a.hi - b.lo};
  case ExprKind::Mul:
    return product(a, b);
  case ExprKind::Div:
    return b.lo > 0 || b.hi < 0 ? product(a, {1 / b.hi, 1 / b.lo}) : Range{};
  default:
    return a.lo >= 0 ? Range{0, INFINITY} : Range{};
  }
}

} // namespace gan::dsl
