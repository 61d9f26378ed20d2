// Smooths losses and metrics for the live line.
#pragma once

#include "runtime/program.h"

#include <string>
#include <utility>
#include <vector>

namespace ganrt {

/// Losses and metrics of a graph, exponentially smoothed so that the line is readable: half of the weight lies on the
/// last 50 values. The bias is corrected as in Adam. A value that is not finite is shown until the next one, with which
/// the smoothing starts again.
class Smoothed {
public:
  explicit Smoothed(const gan_graph &graph) : graph(graph), entries(graph.num_observations) {}
  void add(const gan_observation &observation, const void *memory);
  std::vector<std::pair<std::string, double>> values() const;

private:
  struct Entry {
    double sum = 0, weight = 0;
  };
  const gan_graph &graph;
  std::vector<Entry> entries;
};

} // namespace ganrt
