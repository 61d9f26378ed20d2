// Gives the values of a kernel's body as Halide expressions at a point. Element-wise and indexing operations are
// evaluated where they are read. What a template computes (an accumulator, a sum) is passed to the evaluator as a
// definition.
#pragma once

#include "compiler/dialect/Gan.h"

#include "Halide.h"
#include <functional>
#include <map>

namespace gan {

/// A row-major index, outermost first; Halide's own order is the reverse.
using Index = std::vector<Halide::Expr>;
using Definition = std::function<Halide::Expr(const Index &)>;

class Evaluator {
public:
  Evaluator() = default; ///< nothing is known yet
  /// `inputs` has one parameter for each argument of the kernel's block.
  Evaluator(KernelOp kernel, const std::vector<Halide::ImageParam> &inputs);
  /// From now on `definition` gives the value.
  void define(mlir::Value value, Definition definition) {
    definitions[value.getAsOpaquePointer()] = std::move(definition);
  }
  Halide::Expr at(mlir::Value value, const Index &index);

private:
  Halide::Expr evaluate(mlir::Operation *op, const Index &index);
  Halide::Expr indexing(mlir::Operation *op, const Index &index);

  std::map<void *, Definition> definitions;
  /// Values at the points that were asked for so far, so that a value that is read twice is one expression.
  std::map<std::pair<void *, std::vector<const void *>>, Halide::Expr> known;
  std::vector<Halide::Expr> keep; ///< index expressions, kept alive because their addresses are keys
};

Halide::Type halideType(mlir::Type element);
/// The index in Halide's order of arguments.
std::vector<Halide::Expr> reversed(const Index &index);
std::vector<Halide::Var> reversed(const std::vector<Halide::Var> &index);

} // namespace gan
