// Decides which operations of a block become one kernel. This is the whole fusion rule of the compiler. A kernel has
// one anchor: a contraction, reductions over one domain, or element-wise maps. Its prologue evaluates element-wise
// producers where the anchor reads, and its epilogue evaluates element-wise consumers where the anchor stores.
#pragma once

#include "compiler/passes/Passes.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace gan {

enum class GroupKind { Map, Reduction, Contraction, Draw };

/// A future kernel. Operations that are evaluated inline (prologues, broadcasts) belong to no group: each reader copies
/// them.
struct Group {
  GroupKind kind;
  mlir::Operation *anchor; ///< the operation that founded the group; it gives the location and the place in the order
  llvm::SmallSetVector<mlir::Operation *, 8> members; ///< operations that the kernel computes
  std::vector<mlir::Value> outputs;                   ///< values of members that something outside the group reads
};

/// Whether no kernel computes the operation: it is a source, a view or structure.
bool isSource(mlir::Operation *op);

/// The groups of a block's operations, in the order in which their anchors stand.
std::vector<Group> groupBlock(mlir::Block &block);

/// A kernel, or an operation that stays as it is.
struct Node {
  const Group *group = nullptr;
  mlir::Operation *op = nullptr;
};

/// All nodes of the block, ordered so that values are computed before they are read, and otherwise as in the program.
std::vector<Node> orderNodes(mlir::Block &block, const std::vector<Group> &groups);

} // namespace gan
