// Layers that rearrange images: windows, borders, other sizes, other orders. All consist of indexing, sums and maxima.
// So their gradients are gathers, and they cost nothing where a kernel reads through them. They have no parameters and
// keep nothing, so the layer's numbers and the values are all that they need to know.
#pragma once

#include "compiler/import/OpMaker.h"
#include "dsl/Model.h"

namespace gan {

/// Concatenates along channels; next to an image, a vector becomes a constant plane for each of its numbers.
mlir::Value join(OpMaker &ops, llvm::ArrayRef<mlir::Value> parts);

/// A shape of the language as it lies in memory: images are (h, w, c).
llvm::SmallVector<int64_t> insideShape(const dsl::Shape &shape);
mlir::Value toUserOrder(OpMaker &ops, mlir::Value x);                            ///< (N, H, W, C) to (N, C H W)
mlir::Value fromUserOrder(OpMaker &ops, mlir::Value x, const dsl::Shape &shape); ///< (N, n) to the inside shape

mlir::Value pool(OpMaker &ops, const dsl::Layer &layer, mlir::Value x);
mlir::Value upsample(OpMaker &ops, const dsl::Layer &layer, mlir::Value x);
mlir::Value border(OpMaker &ops, const dsl::Layer &layer, mlir::Value x); ///< pad and crop
mlir::Value pixelShuffle(OpMaker &ops, const dsl::Layer &layer, mlir::Value x);
mlir::Value slice(OpMaker &ops, const dsl::Layer &layer, mlir::Value x); ///< some channels, or numbers of a vector
mlir::Value minibatchStddev(OpMaker &ops, const dsl::Layer &layer, mlir::Value x);

} // namespace gan
