// A uniform number may be 0; it counts as half of the smallest other one, 2^-25, so that each draw is finite.
#include "compiler/import/Draws.h"

using namespace mlir;

namespace gan {

static Value logOf(OpMaker &ops, Value v) { return ops.unary<LogOp>(ops.binary<MaxOp>(v, ops.like(v, 0x1p-25))); }

/// log(2 u) below the median and -log(2 (1 - u)) above it.
Value laplaceDraw(OpMaker &ops, Value u) {
  Value above = ops.binary<GtOp>(u, ops.like(u, 0.5));
  Value tail = ops.select(above, ops.sub(ops.like(u, 1), u), u), size = logOf(ops, ops.scale(tail, 2));
  return ops.select(above, ops.unary<NegOp>(size), size);
}

Value logisticDraw(OpMaker &ops, Value u) { return ops.sub(logOf(ops, u), logOf(ops, ops.sub(ops.like(u, 1), u))); }

/// With r^2 = a^2 + b^2, a / r is the cosine of a random angle and exp(-r^2 / 2) a uniform number U, and Bailey's
/// formula is sqrt(freedom (U^(-2 / freedom) - 1)) times the cosine.
Value studentDraw(OpMaker &ops, Value a, Value b, double freedom) {
  Value square = ops.add(ops.unary<SquareOp>(a), ops.unary<SquareOp>(b));
  square = ops.binary<MaxOp>(square, ops.like(square, 0x1p-40));
  Value ratio = ops.div(ops.scale(ops.unary<Expm1Op>(ops.scale(square, 1 / freedom)), freedom), square);
  return ops.mul(a, ops.unary<SqrtOp>(ratio));
}

} // namespace gan
