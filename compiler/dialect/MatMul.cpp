// Matrix product: shape rule and gradient. Flags say that an operand is stored transposed, so that no gradient has to
// transpose.
#include "compiler/dialect/Gan.h"

using namespace mlir;

namespace gan {

LogicalResult MatMulOp::verify() {
  Tensor l = tensorOf(getLhs()), r = tensorOf(getRhs()), out = tensorOf(getResult());
  if (l.getRank() != 2 || r.getRank() != 2 || out.getRank() != 2)
    return emitOpError("operands and result must be matrices: ") << l << " and " << r << " to " << out;
  int64_t m = l.getDimSize(getTransposeLhs() ? 1 : 0), k = l.getDimSize(getTransposeLhs() ? 0 : 1);
  int64_t k2 = r.getDimSize(getTransposeRhs() ? 1 : 0), n = r.getDimSize(getTransposeRhs() ? 0 : 1);
  if (k != k2)
    return emitOpError("inner dimensions differ: ") << l << " and " << r;
  if (out.getDimSize(0) != m || out.getDimSize(1) != n)
    return emitOpError("result must be ") << m << "x" << n << ": " << out;
  return success();
}

/// A product with these flags; its shape is inferred.
static Value product(OpBuilder &builder, Location loc, Value lhs, bool transposeLhs, Value rhs, bool transposeRhs) {
  int64_t m = tensorOf(lhs).getDimSize(transposeLhs ? 1 : 0), n = tensorOf(rhs).getDimSize(transposeRhs ? 0 : 1);
  return MatMulOp::create(builder, loc, withShape(tensorOf(lhs), {m, n}), lhs, rhs, transposeLhs, transposeRhs);
}

/// C = A B: dA = dC Bt, dB = At dC, each in the layout in which its operand is stored.
SmallVector<Value> MatMulOp::buildGradients(OpBuilder &builder, Value g, ArrayRef<bool> needed) {
  Location loc = getLoc();
  bool ta = getTransposeLhs(), tb = getTransposeRhs();
  Value a = getLhs(), b = getRhs(), da, db;
  if (needed[0])
    da = ta ? product(builder, loc, b, tb, g, true) : product(builder, loc, g, false, b, !tb);
  if (needed[1])
    db = tb ? product(builder, loc, g, true, a, ta) : product(builder, loc, a, !ta, g, false);
  return {da, db};
}

} // namespace gan
