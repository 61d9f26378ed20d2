// The values of a kernel's body as Halide expressions at a point. Element-wise and indexing operations are evaluated
// where they are read; what a template computes (an accumulator, a sum) is given to the evaluator as a definition.
#pragma once

#include "compiler/dialect/Gan.h"

#include "Halide.h"
#include <functional>
#include <map>

namespace gan {

/// Row-major, the outermost index first; Halide's own order is the reverse.
using Index = std::vector<Halide::Expr>;
using Definition = std::function<Halide::Expr(const Index &)>;

class Evaluator {
public:
  /// `inputs`: one parameter for each argument of the kernel's block.
  Evaluator(KernelOp kernel, const std::vector<Halide::ImageParam> &inputs);
  /// From now on `value` is what `definition` says.
  void define(mlir::Value value, Definition definition) {
    definitions[value.getAsOpaquePointer()] = std::move(definition);
  }
  Halide::Expr at(mlir::Value value, const Index &index);

private:
  Halide::Expr evaluate(mlir::Operation *op, const Index &index);
  Halide::Expr indexing(mlir::Operation *op, const Index &index);

  std::map<void *, Definition> definitions;
  /// Values at the points asked for so far, so that a shared value is one expression.
  std::map<std::pair<void *, std::vector<const void *>>, Halide::Expr> known;
  std::vector<Halide::Expr> keep; ///< index expressions whose addresses are keys
};

Halide::Type halideType(mlir::Type element);
/// Halide's argument order of a row-major index.
std::vector<Halide::Expr> reversed(const Index &index);
std::vector<Halide::Var> reversed(const std::vector<Halide::Var> &index);

} // namespace gan
