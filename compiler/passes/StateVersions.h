// Finds the values of a graph that lie in a state's memory. The kernel that computes a new version of a state writes it
// over the older one. If that is not possible, because something still reads the older version, the new one is written
// elsewhere and copied.
#pragma once

#include "compiler/dialect/Gan.h"

#include "llvm/ADT/MapVector.h"

namespace gan {

/// Inserts a kernel before `before` that copies the value.
mlir::Value insertCopy(mlir::Value value, mlir::Operation *before);

/// The kernels of a graph with their numbers, in the order in which they run.
llvm::MapVector<mlir::Operation *, int64_t> numberKernels(GraphOp graph);

class StateVersions {
public:
  /// Inserts the copies that are needed and marks the kernels that write over an older version (`inplace`). From here
  /// on every version of a state is a kernel's result or an argument or result of a step, and may lie in the state's
  /// memory.
  explicit StateVersions(GraphOp graph);
  /// The state of which a value is a version.
  std::optional<llvm::StringRef> of(mlir::Value value) const;
  /// The state that argument and result number `i` of a step are versions of.
  llvm::StringRef ofStep(StepOp step, unsigned i) const { return stepStates.lookup(step).lookup(i); }

private:
  void find();
  void add(mlir::OpOperand &use, llvm::StringRef state);
  void copyUnsafe();
  bool canOverwrite(KernelOp kernel, llvm::StringRef state) const;
  int64_t definedAt(mlir::Value v) const;
  void markInPlace(KernelOp kernel) const;

  GraphOp graph;
  llvm::MapVector<mlir::Operation *, int64_t> number;
  llvm::DenseMap<mlir::Value, llvm::StringRef> versions;
  std::vector<std::pair<mlir::OpOperand *, llvm::StringRef>> uses; ///< operands that take each computed version
  llvm::DenseMap<mlir::Operation *, llvm::DenseMap<unsigned, llvm::StringRef>> stepStates;
};

} // namespace gan
