// Tells of which state a value is a version: a value that is read, passed into a step, or returned by it.
#pragma once

#include "compiler/dialect/Gan.h"

namespace gan {

/// The name of the state that `value` holds (before or after changes), following reads and the arguments and results of
/// steps.
inline std::optional<llvm::StringRef> stateOf(mlir::Value value) {
  while (value) {
    if (auto read = value.getDefiningOp<ReadOp>())
      return read.getState();
    StepOp step;
    unsigned index = 0;
    if (auto argument = mlir::dyn_cast<mlir::BlockArgument>(value)) {
      step = mlir::dyn_cast<StepOp>(argument.getOwner()->getParentOp());
      index = argument.getArgNumber();
    } else if ((step = value.getDefiningOp<StepOp>())) {
      index = mlir::cast<mlir::OpResult>(value).getResultNumber();
    }
    if (!step)
      return std::nullopt;
    value = step.getInits()[index];
  }
  return std::nullopt;
}

} // namespace gan
