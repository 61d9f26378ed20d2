// Numbers of the host: constants that --set changes, and expressions over them, in double.
#pragma once

#include "runtime/program.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

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

class Numbers {
public:
  /// `settings` as name=value. Throws UserError for an unknown name (with the nearest) or what is not a number.
  Numbers(const gan_program &program, const std::vector<std::string> &settings);

  /// `updates`: how many are done; outside the steps the number of the iteration.
  double evaluate(const gan_number &number, const Moment &moment, double updates) const;
  double constant(uint32_t index, const Moment &moment, double updates) const;
  const std::vector<std::pair<bool, double>> &overrides() const { return replaced; }

private:
  const gan_program &program;
  std::vector<std::pair<bool, double>> replaced; ///< by --set
};

/// The candidate closest to `word`, "" if none is close.
std::string nearestName(const std::string &word, const std::vector<std::string> &candidates);

} // namespace ganrt
