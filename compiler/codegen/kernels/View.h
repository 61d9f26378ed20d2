// Matrix products, convolutions and both gradients of convolutions as one form: products of views. A view reads an
// element of an operand wherever it lies, through padding, taps and the operand's prologue, so that one set of loops
// serves all of them.
#pragma once

#include "compiler/codegen/kernels/Evaluator.h"

namespace gan {

/// c(batch, m, n) = sum over k of a(batch, m, k) * b(batch, k, n).
struct ProductView {
  int32_t batches = 1; ///< groups of a convolution, and phases of its input gradient
  int32_t m = 1, n = 1, k = 1;
  std::function<Halide::Expr(Halide::Expr batch, Halide::Expr m, Halide::Expr k)> a;
  std::function<Halide::Expr(Halide::Expr batch, Halide::Expr k, Halide::Expr n)> b;
  bool aAlongK = false, bAlongK = false; ///< whether elements of an operand that are neighbours in memory differ in k
  /// How many such neighbours lie side by side before the next ones lie elsewhere.
  int32_t aInner = 1, bInner = 1;
  /// Index of c(batch, m, n) in the result, and whether the result has it.
  std::function<Index(Halide::Expr batch, Halide::Expr m, Halide::Expr n)> place;
  std::function<Halide::Expr(Halide::Expr batch, Halide::Expr m, Halide::Expr n)> valid; ///< null: always
};

ProductView productView(mlir::Operation *contraction, Evaluator &evaluator);

/// The sizes of a contraction's view.
struct ViewSizes {
  int64_t batches, m, n, k;
};
ViewSizes viewSizes(mlir::Operation *contraction);

/// An element of an image, (images, height, width, channels), and 0 outside of it.
Halide::Expr padded(Evaluator &evaluator, mlir::Value image, const Halide::Expr &n, const Halide::Expr &y,
                    const Halide::Expr &x, const Halide::Expr &channel);

/// table[i] for a small i, as a chain of selects.
Halide::Expr lookup(llvm::ArrayRef<int32_t> table, const Halide::Expr &i);

} // namespace gan
