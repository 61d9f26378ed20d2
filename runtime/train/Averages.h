// Sums the losses and metrics of a graph until their averages are reported. The sums can be stored in a checkpoint, so
// that a resumed run reports the same averages to the last digit.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/program.h"

#include <vector>

namespace ganrt {

class Averages {
public:
  explicit Averages(const gan_graph &graph) : graph(graph), entries(graph.num_observations) {}
  /// Adds a loss or metric of the graph; other observations are ignored.
  void add(const gan_observation &observation, const void *memory);
  bool empty() const;
  /// Name and average of each value that was added, in the graph's order. Resets the sums.
  Json take();

  Json save() const;
  void restore(const Json &saved);

private:
  struct Entry {
    double sum = 0;
    uint64_t count = 0;
  };
  const gan_graph &graph;
  std::vector<Entry> entries;
};

} // namespace ganrt
