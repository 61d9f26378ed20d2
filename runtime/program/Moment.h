// The point that training has reached. Draws, schedules and the order of the data all follow from it.
#pragma once

#include <cstdint>
#include <optional>

namespace ganrt {

/// The point that training has reached.
struct Moment {
  uint64_t iteration = 0;         ///< counted from 0
  uint64_t epochIterations = 0;   ///< iterations of an epoch; 0 if it never ends
  std::optional<uint64_t> draw{}; ///< the iteration whose random numbers are drawn, if it is not this one
  /// Completed epochs.
  double epoch() const {
    uint64_t completed = epochIterations ? iteration / epochIterations : 0;
    return double(completed);
  }
  /// Completed epochs plus the completed fraction of the current one.
  double epochs() const { return epochIterations ? double(iteration) / double(epochIterations) : 0; }
};

} // namespace ganrt
