// Objectives of a step: one forward pass that they share, then every gradient, then every update. So no objective sees
// what another one changes.
#pragma once

#include "compiler/import/Expressions.h"
#include "compiler/import/Optimizers.h"

namespace gan {

/// Observes the metrics of a step, or those outside of the steps (-1). Watching changes nothing: blocks that a metric
/// applies do not advance running statistics.
void observeMetrics(Graph &graph, Expressions &expressions, int64_t step);

/// Builds the body of one gan.step.
class Objectives {
public:
  /// `before` are the states outside of the step.
  Objectives(Graph &graph, Expressions &expressions, const dsl::Step &step, const States::Versions &before)
      : graph(graph), ops(graph.ops), expressions(expressions), optimizers(graph), step(step), before(before) {}

  void build();

private:
  /// What an objective does in the stream of the step.
  struct Update {
    const dsl::Objective *objective;
    mlir::Value function;
    mlir::Value gate = {}; ///< the condition of the update; null: it always happens
    llvm::SmallVector<int> blocks = {};
    llvm::SmallVector<mlir::Value> gradients = {};
  };
  /// Numbers that follow go by this count of updates.
  void countBy(const std::string &count) { graph.position.count = count; }
  void startUpdates();
  mlir::Value valueOf(const dsl::Objective &objective);
  void differentiate(Update &update);
  mlir::Value packedGradient(mlir::Value function, const dsl::Block &block, const dsl::Label *label);
  void accumulate(Update &update);
  void clip();
  mlir::Value clipFactor(const dsl::Objective &objective, llvm::ArrayRef<mlir::Value> gradients);
  void observeGradient(const dsl::Block &block, mlir::Value gradient, const dsl::Label *label);
  void applyUpdates();

  Graph &graph;
  OpMaker &ops;
  Expressions &expressions;
  Optimizers optimizers;
  const dsl::Step &step;
  const States::Versions &before;
  std::vector<Update> updates;
};

} // namespace gan
