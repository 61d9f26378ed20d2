// The point that training has reached. Draws, schedules and the order of the data all follow from it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace ganrt {

/// The point that training has reached.
struct Moment {
  uint64_t iteration = 0;         ///< counted from 0
  uint64_t epochIterations = 0;   ///< iterations of an epoch; 0 if it never ends
  std::optional<uint64_t> draw{}; ///< the iteration whose random numbers are drawn, if it is not this one
  /// For each plateau of the program the numbers of the iterations that were done when it was reached, in order. Those
  /// that come after this moment do not count for it, so that earlier iterations can be done again.
  std::vector<std::vector<uint64_t>> plateaus{};

  /// How often a plateau was reached.
  int64_t reached(size_t plateau) const {
    if (plateau >= plateaus.size())
      return 0;
    const std::vector<uint64_t> &at = plateaus[plateau];
    return std::upper_bound(at.begin(), at.end(), iteration) - at.begin();
  }
  /// Completed epochs.
  double epoch() const {
    uint64_t completed = epochIterations ? iteration / epochIterations : 0;
    return double(completed);
  }
  /// Completed epochs plus the completed fraction of the current one.
  double epochs() const { return epochIterations ? double(iteration) / double(epochIterations) : 0; }
};

} // namespace ganrt
