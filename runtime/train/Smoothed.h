// Losses and metrics as the live line shows them.
#pragma once

#include "runtime/program.h"

#include <string>
#include <utility>
#include <vector>

namespace ganrt {

/// Losses and metrics of a graph, exponentially smoothed so that one line can be read: half of the weight lies on the
/// last 50 values. Bias-corrected as in Adam. One that is not finite shows until the next, which starts anew.
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
