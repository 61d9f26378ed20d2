// Optimizers: the update rules of PyTorch's (torch.optim, single-tensor forms), with what belongs to an update: limits
// of weights, moving averages, counts. While an objective's gate is shut, nothing of it changes.
#pragma once

#include "compiler/import/Graph.h"

namespace gan {

/// Updates blocks.
class Optimizers {
public:
  explicit Optimizers(Graph &graph) : graph(graph), ops(graph.ops) {}

  /// Updates a block by its gradient. `gate` is 1 or 0, if 0 everything stays as it is; null: there is no condition.
  void update(const dsl::Objective &objective, int block, mlir::Value gradient, mlir::Value gate);
  /// Adds one to the count, but nothing while the gate is shut.
  void countUpdate(const std::string &count, mlir::Value gate);
  /// Adds one if any of the gates is open.
  void countAny(const std::string &count, llvm::ArrayRef<mlir::Value> gates);

private:
  void keepAverage(int block, mlir::Value gate);
  mlir::Value partOf(mlir::Value whole, Part part);
  mlir::Value withPart(mlir::Value whole, Part part, mlir::Value fresh);
  void keep(const std::string &state, mlir::Value fresh, mlir::Value gate);

  Graph &graph;
  OpMaker &ops;
};

} // namespace gan
