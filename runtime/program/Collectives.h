// What crosses the ranks in a graph: means that are begun behind the call that computes the last of a rank's own
// values, and awaited before the first call that needs them. Calls in between run meanwhile.
#pragma once

#include "runtime/device/Device.h"
#include "runtime/device/ranks/MeanOverRanks.h"

#include <deque>
#include <vector>

namespace ganrt {

class Collectives {
public:
  /// `arena` is the graph's. What lies in the memory of a GPU is copied to the host and back.
  Collectives(const gan_graph &graph, DeviceMemory &arena, Ranks &ranks);
  /// Waits for what a call needs. Calls come in the order of their numbers until `finish`.
  void before(uint32_t call);
  /// Begins what is complete behind a call.
  void after(uint32_t call);
  /// Waits for all that was begun.
  void finish();

private:
  struct Begun {
    const gan_collective *what;
    uint64_t number;
    std::vector<float> copied; ///< of what does not lie in host memory
  };
  void finish(uint64_t number);

  const gan_graph &graph;
  DeviceMemory &arena;
  std::deque<Begun> begun; ///< in the order in which they were begun
  MeanOverRanks means;     ///< goes before the memory that it works on
};

} // namespace ganrt
