// Which operations of a block become one kernel. The whole fusion rule of the compiler: a kernel has one anchor (a
// contraction, reductions over one domain, or element-wise maps); element-wise producers are evaluated where the anchor
// reads, element-wise consumers where it stores.
#pragma once

#include "compiler/passes/Passes.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace gan {

enum class GroupKind { Map, Reduction, Contraction, Draw };

/// A kernel to be. Operations that are evaluated inline (prologues, broadcasts) belong to no group: each reader copies
/// them.
struct Group {
  GroupKind kind;
  mlir::Operation *anchor;                            ///< what made the group; its location and place in the order
  llvm::SmallSetVector<mlir::Operation *, 8> members; ///< operations computed here
  std::vector<mlir::Value> outputs;                   ///< members' values that somebody else reads
};

/// Not computed by a kernel: sources, views, structure.
bool isSource(mlir::Operation *op);

/// The groups of a block's operations, in the order of their anchors.
std::vector<Group> groupBlock(mlir::Block &block);

/// A kernel, or an operation that stays as it is.
struct Node {
  const Group *group = nullptr;
  mlir::Operation *op = nullptr;
};

/// Everything of the block in an order in which values are computed before they are read, close to the program's.
std::vector<Node> orderNodes(mlir::Block &block, const std::vector<Group> &groups);

} // namespace gan
