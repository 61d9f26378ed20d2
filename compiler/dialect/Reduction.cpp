// Reductions: shape rule and gradients. The gradient of a maximum goes to the first of equal elements. It is selected
// by a one-hot of the argmax, so that it stays a gather, instead of multiplied by it: 0 times an infinite gradient
// would be NaN.
#include "compiler/dialect/Gan.h"

using namespace mlir;

namespace gan {
namespace {

SmallVector<int64_t> keptDims(Tensor type, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> kept;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (!llvm::is_contained(dims, i))
      kept.push_back(i);
  return kept;
}

LogicalResult verifyReduction(Operation *op, Value x, Value result, ArrayRef<int64_t> dims) {
  Tensor in = tensorOf(x);
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] < 0 || dims[i] >= in.getRank() || (i && dims[i] <= dims[i - 1]))
      return op->emitOpError("dimensions must be sorted and within the operand's rank");
  SmallVector<int64_t> shape;
  for (int64_t i : keptDims(in, dims))
    shape.push_back(in.getDimSize(i));
  if (withShape(in, shape) != result.getType())
    return op->emitOpError("result must be ") << withShape(in, shape) << ": " << result.getType();
  return success();
}

Value broadcastBack(OpBuilder &b, Location loc, Value v, Tensor type, ArrayRef<int64_t> dims) {
  return BroadcastOp::create(b, loc, type, v, keptDims(type, dims));
}

} // namespace

LogicalResult ReduceSumOp::verify() { return verifyReduction(*this, getX(), getResult(), getDims()); }
LogicalResult ReduceMaxOp::verify() { return verifyReduction(*this, getX(), getResult(), getDims()); }
LogicalResult ArgMaxOp::verify() { return verifyReduction(*this, getX(), getResult(), getDims()); }

SmallVector<Value> ReduceSumOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool>) {
  return {broadcastBack(b, getLoc(), g, tensorOf(getX()), getDims())};
}

SmallVector<Value> ReduceMaxOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool>) {
  Tensor type = tensorOf(getX());
  Value index = ArgMaxOp::create(b, getLoc(), g.getType(), getX(), getDimsAttr());
  Value hot = OneHotOp::create(b, getLoc(), type, index, getDimsAttr());
  Value all = broadcastBack(b, getLoc(), g, type, getDims());
  return {SelectOp::create(b, getLoc(), type, hot, all, splat(b, getLoc(), type, 0))};
}

} // namespace gan
