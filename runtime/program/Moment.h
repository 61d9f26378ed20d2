// Where training stands: what draws, schedules and the data's order follow from.
#pragma once

#include <cstdint>
#include <optional>

namespace ganrt {

/// Where training stands.
struct Moment {
  uint64_t iteration = 0;         ///< 0 is the first
  uint64_t epochIterations = 0;   ///< of an epoch; 0: one that never ends
  std::optional<uint64_t> draw{}; ///< iteration that randomness is taken from, where it is another one
  /// Completed epochs.
  double epoch() const {
    uint64_t completed = epochIterations ? iteration / epochIterations : 0;
    return double(completed);
  }
  /// Epochs with the part of the one under way.
  double epochs() const { return epochIterations ? double(iteration) / double(epochIterations) : 0; }
};

} // namespace ganrt
