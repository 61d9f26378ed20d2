// How long each call of a training graph takes, from a few iterations of a run.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/program/Graph.h"

namespace ganrt {

class CallTimes {
public:
  CallTimes(const gan_program &program, Graph &graph);
  /// Before a run of the graph: whether its calls are timed.
  void measure(bool on);
  /// [{"label", "kernel", "anchor", "line", "calls", "ms"}], the slowest first: calls timed, and ms of one call.
  Json json() const;

private:
  const gan_program &program;
  Graph &graph;
  std::vector<double> seconds;
  std::vector<uint64_t> counts;
};

} // namespace ganrt
