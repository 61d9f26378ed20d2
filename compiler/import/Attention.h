// Self-attention over the pixels of an image.
#pragma once

#include "compiler/import/Graph.h"

namespace gan {

/// softmax(Q K^T / sqrt(d)) V for each head over the pixels of x, (N, H, W, C), and a linear layer behind it; Q, K and
/// V are linear in the channels, and d is how many numbers a head's Q has (Vaswani et al. 2017, section 3.2).
mlir::Value attention(Graph &graph, const dsl::Block &block, const dsl::Layer &layer, mlir::Value x);

} // namespace gan
