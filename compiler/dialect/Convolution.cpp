// The three convolution operations. The gradients of each one are the other two, so derivatives of any order stay in
// the family: y = conv(x, w), x' = conv_input_grad(y, w), w' = conv_weight_grad(x, y).
#include "compiler/dialect/Gan.h"

using namespace mlir;

namespace gan {
namespace {

/// Whether x, w and y fit the operation's attributes.
template <class Op> LogicalResult verifyShapes(Op op, Value xv, Value wv, Value yv) {
  Tensor x = tensorOf(xv), w = tensorOf(wv), y = tensorOf(yv);
  int64_t groups = op.getGroups();
  if (x.getRank() != 4 || w.getRank() != 4 || y.getRank() != 4)
    return op.emitOpError("needs tensors of four dimensions");
  for (ArrayRef<int64_t> pair : {op.getStride(), op.getDilation(), op.getPad()})
    if (pair.size() != 2 || pair[0] < 0 || pair[1] < 0)
      return op.emitOpError("needs two strides, two dilations and two pads, none of them negative");
  if (groups < 1 || x.getDimSize(3) % groups || y.getDimSize(3) % groups)
    return op.emitOpError("groups must divide the channels");
  if (x.getDimSize(0) != y.getDimSize(0) || x.getDimSize(3) / groups != w.getDimSize(2) ||
      y.getDimSize(3) != w.getDimSize(3))
    return op.emitOpError("batch or channels do not match: x ") << x << ", w " << w << ", y " << y;
  for (int i : {0, 1}) {
    if (!op.getStride()[i] || !op.getDilation()[i])
      return op.emitOpError("needs strides and dilations of at least 1");
    int64_t room = x.getDimSize(i + 1) + 2 * op.getPad()[i] - (w.getDimSize(i) - 1) * op.getDilation()[i] - 1;
    if (room < 0 || room / op.getStride()[i] + 1 < y.getDimSize(i + 1))
      return op.emitOpError("spatial sizes do not match: x ") << x << ", w " << w << ", y " << y;
  }
  return success();
}

template <class Op, class Like> Value make(OpBuilder &b, Like like, Value lhs, Value rhs, Value shape) {
  return Op::create(b, like.getLoc(), shape.getType(), lhs, rhs, like.getStrideAttr(), like.getPadAttr(),
                    like.getDilationAttr(), like.getGroupsAttr());
}

} // namespace

LogicalResult ConvOp::verify() { return verifyShapes(*this, getLhs(), getRhs(), getResult()); }
LogicalResult ConvInputGradOp::verify() { return verifyShapes(*this, getResult(), getRhs(), getLhs()); }
LogicalResult ConvWeightGradOp::verify() { return verifyShapes(*this, getLhs(), getResult(), getRhs()); }

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
