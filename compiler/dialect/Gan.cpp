// Registers the dialect, and defines the helpers that every family of operations uses.
#include "compiler/dialect/Gan.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include "compiler/dialect/GanDialect.cpp.inc"
#include "compiler/dialect/GanEnums.cpp.inc"
#include "compiler/dialect/GanInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/dialect/GanAttributes.cpp.inc"

using namespace mlir;

namespace gan {

void GanDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/dialect/GanAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "compiler/dialect/GanOps.cpp.inc"
      >();
}

Value splat(OpBuilder &builder, Location loc, Tensor type, double value) {
  return ConstantOp::create(builder, loc, type, builder.getF64FloatAttr(value));
}

std::optional<double> splatValue(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto constant = dyn_cast<ConstantOp>(op))
      return constant.getValue().convertToDouble();
    if (!isa<BroadcastOp, ReshapeOp, StopOp>(op))
      return std::nullopt;
    value = op->getOperand(0);
  }
  return std::nullopt;
}

} // namespace gan
