// Compares the value of a divisor with the value that is divided, through the lets of a model.
#include "dsl/check/Lengths.h"

namespace gan::dsl {
namespace {

/// Follows lets to the expression that they stand for; a let of several outputs is not followed.
const Expr &behindLets(const Model &model, const Expr &e) {
  const Expr *inner = &e;
  while (inner->kind == ExprKind::Let && model.lets[inner->index].value->type.kind != TypeKind::Block)
    inner = model.lets[inner->index].value.get();
  return *inner;
}

/// Whether both are the same expression, so that they have the same value; two draws of random numbers never have.
bool sameValue(const Model &model, const Expr &first, const Expr &second) {
  const Expr &a = behindLets(model, first), &b = behindLets(model, second);
  if (&a == &b)
    return true;
  bool random = a.kind == ExprKind::Fresh ||
                (a.kind == ExprKind::Call && (a.function == Function::Sample || a.function == Function::Shuffle));
  if (random || a.kind != b.kind || a.index != b.index || a.label != b.label || a.output != b.output ||
      a.function != b.function || a.args.size() != b.args.size())
    return false;
  if (a.kind == ExprKind::Number)
    return a.number.literal() && a.number.literal() == b.number.literal();
  for (size_t i = 0; i < a.args.size(); ++i)
    if (!sameValue(model, *a.args[i], *b.args[i]))
      return false;
  return true;
}

/// The first argument if the expression calls this function; null otherwise.
const Expr *argumentOf(const Model &model, const Expr &e, Function function) {
  const Expr &call = behindLets(model, e);
  return call.kind == ExprKind::Call && call.function == function ? call.args[0].get() : nullptr;
}

/// The v of norm(v), or of sqrt(sum(square(v))) with square(v), v^2 or v * v; null for anything else.
const Expr *lengthOf(const Model &model, const Expr &e) {
  if (const Expr *v = argumentOf(model, e, Function::Norm))
    return v;
  const Expr *sum = argumentOf(model, e, Function::Sqrt);
  const Expr *squares = sum ? argumentOf(model, *sum, Function::Sum) : nullptr;
  if (!squares)
    return nullptr;
  const Expr &inner = behindLets(model, *squares);
  bool power =
      inner.kind == ExprKind::Pow && inner.args[1]->kind == ExprKind::Number && inner.args[1]->number.literal() == 2.0;
  if (power || (inner.kind == ExprKind::Mul && sameValue(model, *inner.args[0], *inner.args[1])))
    return inner.args[0].get();
  return argumentOf(model, *squares, Function::Square);
}

} // namespace

bool isOverOwnLength(const Model &model, const Expr &e, const Expr &divisor) {
  const Expr *v = lengthOf(model, divisor);
  return v && sameValue(model, e, *v);
}

} // namespace gan::dsl
