// The values of a graph that lie in a state's memory. A new version of a state is written over the older one by the
// kernel that computes it; where that is not possible, because something still reads the older one, it is written
// elsewhere and copied.
#pragma once

#include "compiler/dialect/Gan.h"

#include "llvm/ADT/MapVector.h"

namespace gan {

/// A kernel before `before` that copies the value.
mlir::Value insertCopy(mlir::Value value, mlir::Operation *before);

/// The kernels of a graph with their numbers in the order of running.
llvm::MapVector<mlir::Operation *, int64_t> numberKernels(GraphOp graph);

class StateVersions {
public:
  /// Inserts the copies that are needed and marks the kernels that write over an older version (`inplace`). From here
  /// on every version of a state is a kernel's result or an argument or result of a step, and may lie where the state
  /// lies.
  explicit StateVersions(GraphOp graph);
  /// The state that a value is a version of.
  std::optional<llvm::StringRef> of(mlir::Value value) const;
  /// The state behind a step's argument and result number `i`.
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
  std::vector<std::pair<mlir::OpOperand *, llvm::StringRef>> uses; ///< where each version that is computed is handed on
  llvm::DenseMap<mlir::Operation *, llvm::DenseMap<unsigned, llvm::StringRef>> stepStates;
};

} // namespace gan
