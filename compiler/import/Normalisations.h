// Normalisations: of a batch, of a sample, and of a weight by its largest singular value. They consist of primitive
// maps and reductions, so that they can be differentiated twice, as gradient penalties need it.
#pragma once

#include "compiler/import/Graph.h"

namespace gan {

/// Builds the operations of normalisations.
class Normalisations {
public:
  explicit Normalisations(Graph &graph) : graph(graph), ops(graph.ops) {}

  /// Ioffe & Szegedy 2015. With `by`, the scale and shift of each sample are that vector times a table: this is the row
  /// of a class, or what is added to 1 and 0.
  mlir::Value ofBatch(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x, mlir::Value by);
  /// Normalises over parts of a sample: a channel of an image (Ulyanov et al. 2016), all of it (Ba et al. 2016), or a
  /// group of channels (Wu & He 2018). Nothing is kept from batch to batch. `by` as above.
  mlir::Value ofSample(const dsl::Block &block, const dsl::Layer &layer, mlir::Value x, mlir::Value by);
  /// A layer's product y with its weight w, divided by the weight's largest singular value if the layer wants it
  /// (Miyato et al. 2018).
  mlir::Value overSpectralNorm(const dsl::Block &block, const dsl::Layer &layer, mlir::Value w, mlir::Value y);

private:
  mlir::Value scaledBy(const dsl::Block &block, const dsl::Layer &layer, mlir::Value normed, mlir::Value by);

  Graph &graph;
  OpMaker &ops;
};

} // namespace gan
