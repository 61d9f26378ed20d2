// Measures how long each call of a training graph takes, in a few iterations of a run.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/program/Graph.h"

namespace ganrt {

class CallTimes {
public:
  CallTimes(const gan_program &program, Graph &graph);
  /// Sets whether the calls of the next runs of the graph are timed.
  void measure(bool on);
  /// [{"label", "kernel", "anchor", "line", "calls", "ms"}], the slowest call first. "calls" is how often it was timed,
  /// "ms" its mean time.
  Json json() const;

private:
  const gan_program &program;
  Graph &graph;
  std::vector<double> seconds;
  std::vector<uint64_t> counts;
};

} // namespace ganrt
