// Steps: a gan.step takes the states that it changes and gives the new ones. What is computed in its body has no
// meaning outside, so all that is known is put back behind it as it was.
#pragma once

#include "compiler/import/Expressions.h"

namespace gan {

/// Builds the steps of a training graph.
class Steps {
public:
  Steps(Graph &graph, Expressions &expressions) : graph(graph), ops(graph.ops), expressions(expressions) {}

  /// All steps of the model, each once for each of its streams.
  void build();

private:
  /// The body of a step on arguments for some states, and their new versions.
  struct Body {
    std::unique_ptr<mlir::Block> block;
    std::vector<std::string> states;
  };
  void step(const dsl::Step &step, int64_t index, int stream);
  Body body(const dsl::Step &step, mlir::Location loc, const States::Versions &before);
  void dropUnchanged(Body &body, const States::Versions &before);

  Graph &graph;
  OpMaker &ops;
  Expressions &expressions;
  int64_t entries = 0; ///< number of gan.steps so far
};

} // namespace gan
