// Values of expressions: how they are made, what their types are called, how two of them combine, and their ranges.
#pragma once

#include "dsl/Model.h"
#include "dsl/check/Report.h"

namespace gan::dsl {

std::shared_ptr<Expr> makeExpr(ExprKind kind, Span span, Type type);
/// The expectation of a distribution.
ExprPtr expectationOf(const ExprPtr &distribution);

/// "(1, 28, 28) per sample", "a gaussian of (16)".
std::string typeText(const Type &type);
bool isDistribution(const ExprPtr &e);

/// Reports two shapes that must be the same.
void shapeMismatch(const Shape &a, const Shape &b, Span span, Report &report);
/// The type of an element-wise combination, without a range; nothing if it is reported that the shapes differ. Numbers
/// and per-sample numbers are broadcast to shapes.
std::optional<Type> broadcast(const Type &a, const Type &b, Span span, Report &report);
/// The range of a sum, difference, product, quotient or power.
Range rangeOf(ExprKind arithmetic, Range a, Range b);

} // namespace gan::dsl
