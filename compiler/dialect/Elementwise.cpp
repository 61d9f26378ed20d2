// Gradients and folding of the element-wise operations. Both are instantiated from the texts of GanElementwise.td.
// Folding goes through the dialect's own list of operations, filtered by the trait.
#include "compiler/dialect/Scalar.h"

using namespace mlir;

namespace gan {
namespace {

template <class Op, class E> E valueAt(ArrayRef<E> v) {
  if constexpr (Op::arity == 1)
    return Op::template value<E>(v[0]);
  else if constexpr (Op::arity == 2)
    return Op::template value<E>(v[0], v[1]);
  else
    return Op::template value<E>(v[0], v[1], v[2]);
}

template <class Op> IrScalar derivativeAt(int i, const IrScalar &g, const IrScalar &r, ArrayRef<IrScalar> v) {
  IrScalar none = 0.0;
  if constexpr (Op::arity == 1)
    return Op::template derivative<IrScalar>(i, g, r, v[0], none);
  else if constexpr (Op::arity == 2)
    return Op::template derivative<IrScalar>(i, g, r, v[0], v[1], none);
  else
    return Op::template derivative<IrScalar>(i, g, r, v[0], v[1], v[2], none);
}

template <class Op> SmallVector<Value> gradientsOf(Op op, OpBuilder &builder, Value gradient, ArrayRef<bool> needed) {
  Location loc = op->getLoc();
  SmallVector<IrScalar> operands;
  for (Value v : op->getOperands())
    operands.emplace_back(builder, loc, v);
  IrScalar g(builder, loc, gradient), r(builder, loc, op->getResult(0));
  SmallVector<Value> gradients;
  for (auto [i, wanted] : llvm::enumerate(needed))
    gradients.push_back(wanted ? derivativeAt<Op>(i, g, r, operands).value : Value());
  return gradients;
}

template <class Op> std::optional<double> evaluateOne(Operation *op, ArrayRef<double> operands) {
  if constexpr (Op::template hasTrait<ElementwiseTrait>()) {
    if (isa<Op>(op)) {
      SmallVector<Real> reals(operands.begin(), operands.end());
      return valueAt<Op, Real>(reals).v;
    }
  }
  return std::nullopt;
}

template <class... Ops> std::optional<double> evaluateAny(Operation *op, ArrayRef<double> operands) {
  std::optional<double> result;
  (void)((result = evaluateOne<Ops>(op, operands)) || ...);
  return result;
}

} // namespace

std::optional<double> evaluateElementwise(Operation *op, ArrayRef<double> operands) {
  return evaluateAny<
#define GET_OP_LIST
#include "compiler/dialect/GanOps.cpp.inc"
      >(op, operands);
}

#define GAN_GRADIENTS(Op)                                                                                              \
  SmallVector<Value> Op::buildGradients(OpBuilder &builder, Value gradient, ArrayRef<bool> needed) {                   \
    return gradientsOf(*this, builder, gradient, needed);                                                              \
  }
GAN_GRADIENTS(AddOp)
GAN_GRADIENTS(SubOp)
GAN_GRADIENTS(MulOp)
GAN_GRADIENTS(DivOp)
GAN_GRADIENTS(MaxOp)
GAN_GRADIENTS(MinOp)
GAN_GRADIENTS(PowOp)
GAN_GRADIENTS(GtOp)
GAN_GRADIENTS(EqOp)
GAN_GRADIENTS(LeakyReluOp)
GAN_GRADIENTS(SelectOp)
GAN_GRADIENTS(ClampOp)
GAN_GRADIENTS(NegOp)
GAN_GRADIENTS(ExpOp)
GAN_GRADIENTS(Expm1Op)
GAN_GRADIENTS(LogOp)
GAN_GRADIENTS(SqrtOp)
GAN_GRADIENTS(AbsOp)
GAN_GRADIENTS(SquareOp)
GAN_GRADIENTS(ReluOp)
GAN_GRADIENTS(SigmoidOp)
GAN_GRADIENTS(TanhOp)
GAN_GRADIENTS(SoftplusOp)
GAN_GRADIENTS(ErfOp)
#undef GAN_GRADIENTS

} // namespace gan
