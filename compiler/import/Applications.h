// Applications of blocks to values. The same block on the same values is applied once, however often the model writes
// it, so that its statistics advance once and nothing is computed twice. To that end, equal values are known as one.
#pragma once

#include "compiler/import/Densities.h"
#include "compiler/import/Layers.h"

namespace gan {

/// Applies blocks, and keeps what it applied.
class Applications {
public:
  explicit Applications(Graph &graph) : graph(graph), ops(graph.ops), layers(graph) {}

  /// The value after the first `count` layers, at least one, of Model::blocks[index].
  mlir::Value after(size_t count, int index, llvm::ArrayRef<mlir::Value> arguments);
  /// One of the outputs that the numbers of the block's last layer stand for.
  Distribution output(const dsl::Block &block, mlir::Value last, int index);
  /// The first of equal values: what is written twice is one value.
  mlir::Value same(mlir::Value v);

  using Key = std::vector<const void *>;
  struct Application {
    std::vector<mlir::Value> values; ///< after each layer so far
    std::vector<StepOp> advances;    ///< state changes that it makes outside of the steps
  };
  struct Known {
    std::map<Key, Application> applications;         ///< by block and arguments
    std::map<Key, mlir::Value> first;                ///< by operation, attributes, type and operands
    std::map<const void *, mlir::Value> sameAs = {}; ///< results of `same` so far
  };
  /// Until the result is destroyed, what is found belongs to a step's body. Blocks are applied anew, to its states.
  [[nodiscard]] llvm::SaveAndRestore<Known> enter() { return {known, Known{{}, known.first, known.sameAs}}; }

private:
  mlir::Value joinedInputs(const dsl::Block &block, llvm::ArrayRef<mlir::Value> arguments);
  mlir::Value layer(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x,
                    llvm::ArrayRef<mlir::Value> arguments, llvm::ArrayRef<mlir::Value> earlier);

  Graph &graph;
  OpMaker &ops;
  Layers layers;
  Known known;
};

} // namespace gan
