// What crosses the ranks in a graph: means that are begun behind the call that computes the last of a rank's own
// values, and awaited before the first call that needs them. Calls in between run meanwhile.
#pragma once

#include "runtime/device/Device.h"
#include "runtime/device/ranks/MeanOverRanks.h"

#include <deque>

namespace ganrt {

class Collectives {
public:
  /// `arena` is the graph's, in host memory.
  Collectives(const gan_graph &graph, DeviceMemory &arena, Ranks &ranks);
  /// Waits for what a call needs. Calls come in the order of their numbers until `finish`.
  void before(uint32_t call);
  /// Begins what is complete behind a call.
  void after(uint32_t call);
  /// Waits for all that was begun.
  void finish();

private:
  const gan_graph &graph;
  DeviceMemory &arena;
  MeanOverRanks means;
  struct Begun {
    uint32_t before; ///< the call that needs it
    uint64_t number;
  };
  std::deque<Begun> begun; ///< in the order in which they were begun
};

} // namespace ganrt
