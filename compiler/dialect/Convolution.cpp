// The three convolution operations. Each one's gradients are the other two, so any order of derivative stays in the
// family: y = conv(x, w), x' = conv_input_grad(y, w), w' = conv_weight_grad(x, y).
#include "compiler/dialect/Gan.h"

using namespace mlir;

namespace gan {
namespace {

/// x (N, H, W, Ci), w (kh, kw, Ci, Co), y (N, OH, OW, Co) must fit. The output may leave a remainder of the input.
LogicalResult verifyShapes(Operation *op, Value xv, Value wv, Value yv, ArrayRef<int64_t> stride,
                           ArrayRef<int64_t> pad) {
  Tensor x = tensorOf(xv), w = tensorOf(wv), y = tensorOf(yv);
  if (x.getRank() != 4 || w.getRank() != 4 || y.getRank() != 4)
    return op->emitOpError("needs tensors of four dimensions");
  if (stride.size() != 2 || pad.size() != 2 || stride[0] < 1 || stride[1] < 1 || pad[0] < 0 || pad[1] < 0)
    return op->emitOpError("needs two strides of at least 1 and two pads of at least 0");
  if (x.getDimSize(0) != y.getDimSize(0) || x.getDimSize(3) != w.getDimSize(2) || y.getDimSize(3) != w.getDimSize(3))
    return op->emitOpError("batch or channels do not match: x ") << x << ", w " << w << ", y " << y;
  for (int i : {0, 1}) {
    int64_t padded = x.getDimSize(i + 1) + 2 * pad[i] - w.getDimSize(i);
    if (padded < 0 || padded / stride[i] + 1 != y.getDimSize(i + 1))
      return op->emitOpError("spatial sizes do not match: x ") << x << ", w " << w << ", y " << y;
  }
  return success();
}

template <class Op, class Like> Value make(OpBuilder &b, Like like, Value lhs, Value rhs, Value shape) {
  return Op::create(b, like.getLoc(), shape.getType(), lhs, rhs, like.getStrideAttr(), like.getPadAttr());
}

} // namespace

LogicalResult ConvOp::verify() { return verifyShapes(*this, getLhs(), getRhs(), getResult(), getStride(), getPad()); }
LogicalResult ConvInputGradOp::verify() {
  return verifyShapes(*this, getResult(), getRhs(), getLhs(), getStride(), getPad());
}
LogicalResult ConvWeightGradOp::verify() {
  return verifyShapes(*this, getLhs(), getResult(), getRhs(), getStride(), getPad());
}

SmallVector<Value> ConvOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool> needed) {
  return {needed[0] ? make<ConvInputGradOp>(b, *this, g, getRhs(), getLhs()) : Value(),
          needed[1] ? make<ConvWeightGradOp>(b, *this, getLhs(), g, getRhs()) : Value()};
}
SmallVector<Value> ConvInputGradOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool> needed) {
  return {needed[0] ? make<ConvOp>(b, *this, g, getRhs(), getLhs()) : Value(),
          needed[1] ? make<ConvWeightGradOp>(b, *this, g, getLhs(), getRhs()) : Value()};
}
SmallVector<Value> ConvWeightGradOp::buildGradients(OpBuilder &b, Value g, ArrayRef<bool> needed) {
  return {needed[0] ? make<ConvInputGradOp>(b, *this, getRhs(), g, getLhs()) : Value(),
          needed[1] ? make<ConvOp>(b, *this, getLhs(), g, getRhs()) : Value()};
}

} // namespace gan
