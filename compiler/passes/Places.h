// Where values of a planned graph lie. The planner writes places as attributes where memory is decided (kernel results,
// states, inputs); everything else is a view of those.
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

/// The buffer's own value behind reshapes.
mlir::Value behindReshapes(mlir::Value value);

/// Where a value of a planned graph lies.
Place placeOf(mlir::Value value);

/// The kernels of a graph in the order in which they run.
std::vector<KernelOp> kernelsInOrder(GraphOp graph);

/// The name nearest to the user in an operation's location: "E.1 linear"; "" if it has none.
llvm::StringRef labelOf(mlir::Location location);

} // namespace gan
