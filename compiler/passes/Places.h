// Tells where the values of a planned graph lie. The planner writes places as attributes where memory is assigned
// (kernel results, states, inputs). Every other value is a view of one of these.
#pragma once

#include "compiler/dialect/Gan.h"

#include <optional>

namespace gan {

/// A byte offset in one of the spaces of runtime/program.h.
struct Place {
  Space space;
  int64_t offset;
  bool operator==(const Place &) const = default;
};

inline Place placeOf(PlaceAttr attribute) { return {attribute.getSpace(), attribute.getOffset()}; }

/// Bytes of a tensor's elements without gaps.
int64_t byteSize(Tensor type);

/// The value of which `value` is a reshape, through any number of reshapes; a reshape shares its operand's memory.
mlir::Value behindReshapes(mlir::Value value);

/// The place of a value in a planned graph.
Place placeOf(mlir::Value value);

/// The mean over ranks of which `value` is a reshape; null if it is none.
AllReduceOp behindRanks(mlir::Value value);

/// The kernels of a graph in the order in which they run.
std::vector<KernelOp> kernelsInOrder(GraphOp graph);

/// The innermost name that users know in an operation's location: "E.1 linear"; "" if there is none.
llvm::StringRef labelOf(mlir::Location location);

} // namespace gan
