#include "compiler/import/Codes.h"
#include "compiler/import/Densities.h"

using namespace mlir;

namespace gan {

/// The nearest vector e of a row x has the largest 2 x e - e e.
Value nearestCodes(OpMaker &ops, Value rows, Value vectors) {
  auto fixed = [&](Value v) { return StopOp::create(ops.b, ops.loc, v.getType(), v).getResult(); };
  rows = fixed(rows), vectors = fixed(vectors);
  Tensor scores = ops.f32({tensorOf(rows).getDimSize(0), tensorOf(vectors).getDimSize(0)});
  Value products = MatMulOp::create(ops.b, ops.loc, scores, rows, vectors, false, true);
  Value lengths = ops.broadcast(ops.sum(ops.unary<SquareOp>(vectors), {1}), scores, {1});
  Value nearest = argmax(ops, ops.sub(ops.scale(products, 2), lengths));
  return OneHotOp::create(ops.b, ops.loc, scores, nearest, ops.b.getDenseI64ArrayAttr({1}));
}

/// What is never used has a logarithm that the product with its share, 0, leaves out.
Value perplexity(OpMaker &ops, Value rows) {
  Value share = ops.scale(ops.sum(rows, {0}), 1.0 / double(tensorOf(rows).getDimSize(0)));
  Value log = ops.unary<LogOp>(ops.binary<MaxOp>(share, ops.like(share, 1e-10)));
  return ops.unary<ExpOp>(ops.unary<NegOp>(ops.sum(ops.mul(share, log), {0})));
}

} // namespace gan
