// Expressions over a batch: names, applications of blocks, arithmetic. The value of a sample has the batch as its first
// dimension, and a value of the whole batch has no dimension. A number of the host is broadcast to the shape of either
// when it is combined with it.
#pragma once

#include "compiler/import/Applications.h"
#include "compiler/import/Functions.h"

namespace gan {

/// Evaluates expressions, and keeps what names stand for.
class Expressions {
public:
  explicit Expressions(Graph &graph);

  Distribution evaluate(const dsl::Expr &e);
  mlir::Value value(const dsl::Expr &e);                            ///< value of a number, a sample or the batch
  mlir::Value valueAs(const dsl::Expr &e, const dsl::Type &target); ///< broadcast to the target's shape
  /// The average over the batch of a number per sample; a number that is already one for the batch is unchanged.
  mlir::Value average(const dsl::Expr &e);
  /// The arguments, each in the shape of the result.
  llvm::SmallVector<mlir::Value> operands(const dsl::Expr &e);
  /// Values of the same expression, each with its own draws.
  llvm::SmallVector<mlir::Value> copies(const dsl::Expr &e, int count);

  struct Known {
    std::map<std::pair<int, int>, Distribution> lets;                 ///< by index and output
    std::map<std::pair<const dsl::Expr *, int>, mlir::Value> samples; ///< by the expression `sample` and the copy
    std::map<int, mlir::Value> refined;                               ///< what steps of refinements have made so far
  };
  struct Entered {
    llvm::SaveAndRestore<Known> names;
    llvm::SaveAndRestore<Applications::Known> applied;
  };
  /// Until the result is destroyed, what is computed belongs to a step's body.
  [[nodiscard]] Entered enter() { return {llvm::SaveAndRestore<Known>(known), applications.enter()}; }
  /// What `sample` drew before in this copy; null: nothing yet.
  mlir::Value &drawn(const dsl::Expr &sample) { return known.samples[{&sample, graph.position.copy}]; }

private:
  Distribution let(const dsl::Expr &e);
  mlir::Value refine(const dsl::Refinement &refinement, int index);
  mlir::Value data(const dsl::Expr &e);
  Distribution apply(const dsl::Expr &e);
  mlir::Value after(size_t count, int block, const dsl::Expr &e);
  mlir::Value arithmetic(const dsl::Expr &e);
  Tensor typeOf(const dsl::Type &type);

  Graph &graph;
  OpMaker &ops;
  Applications applications;
  Functions functions;
  Known known;
};

} // namespace gan
