// Lets are computed where they stand, even if a later expression would be the first to read them: with all outputs, as
// an application that only a let makes still advances its statistics.
#pragma once

#include "compiler/import/Expressions.h"

namespace gan {

/// Evaluates lets, so that expressions find their values.
class Lets {
public:
  Lets(Graph &graph, Expressions &expressions) : graph(graph), expressions(expressions) {}

  void ofStep();  ///< those of the current step
  void outer();   ///< those in front of the steps that some step names
  void watched(); ///< those in front of the steps from which only metrics are computed

private:
  void evaluate(int let);

  Graph &graph;
  Expressions &expressions;
};

} // namespace gan
