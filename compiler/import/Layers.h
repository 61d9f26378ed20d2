// Layers as operations. A layer takes values and gives one; which block is applied to what, and how often, is decided
// in Applications.
#pragma once

#include "compiler/import/Graph.h"
#include "compiler/import/Normalisations.h"

namespace gan {

/// Builds the operations of layers.
class Layers {
public:
  explicit Layers(Graph &graph) : graph(graph), ops(graph.ops), normalisations(graph) {}

  /// The layer's value at x; `refs` are the values that its arguments name.
  mlir::Value apply(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x, llvm::ArrayRef<mlir::Value> refs);

private:
  mlir::Value linear(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value maxout(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value convolution(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value embedding(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value weight(const dsl::Block &block, const dsl::Layer &layer);
  mlir::Value dropout(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value codebook(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  void moveCodes(const dsl::Block &block, const dsl::Layer &layer, mlir::Value rows, mlir::Value chosen);
  mlir::Value spread(mlir::Value v, mlir::Value x);
  mlir::Value learned(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);
  mlir::Value activation(const dsl::Layer &layer, mlir::Value x);

  Graph &graph;
  OpMaker &ops;
  Normalisations normalisations;
};

} // namespace gan
