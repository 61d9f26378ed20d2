// Counts of updates. A number that changes with each update depends on how many have been done. That is the number of
// runs of its step, which the host knows, unless `when` withholds some updates or `from` leaves iterations out. In
// those cases a state counts them.
#pragma once

#include "dsl/Model.h"

#include <string>
#include <vector>

namespace gan {

/// Names the states that count updates; "" where the runs of the step are the count.
class UpdateCounts {
public:
  explicit UpdateCounts(const dsl::Model &model);

  /// The count for what only this objective reads.
  std::string of(const dsl::Objective &objective) const;
  /// The count for what the objectives of a step share: the runs in which any of them updated its blocks.
  std::string of(const dsl::Step &step) const;
  /// The count for a block's moving average: updates of the block, whichever objective makes them.
  std::string ofAverage(int block) const;
  /// Whether the average's count is not that of an objective.
  bool averageHasOwn(int block) const;

  struct Count {
    std::string name;
    int block; ///< a block that the count belongs to
    dsl::Span span;
  };
  /// Every count that there is.
  std::vector<Count> all() const;

private:
  const dsl::Model &model;
  bool needed; ///< whether some number of the model depends on the count of updates
};

} // namespace gan
