// Numbers that the host computes in double: constants, which --set can change, and expressions over them.
#pragma once

#include "runtime/program.h"
#include "runtime/program/Moment.h"

#include <string>
#include <utility>
#include <vector>

namespace ganrt {

class Numbers {
public:
  /// `settings` have the form name=value. Throws UserError for an unknown name (and suggests the nearest) or a value
  /// that is not a number. `ranks`: how many processes share a batch.
  Numbers(const gan_program &program, const std::vector<std::string> &settings, int ranks = 1);

  /// `updates` is how many updates are done or, outside the steps, the number of the iteration.
  double evaluate(const gan_number &number, const Moment &moment, double updates) const;
  double constant(uint32_t index, const Moment &moment, double updates) const;

private:
  const gan_program &program;
  double ranks;
  std::vector<std::pair<bool, double>> replaced; ///< for each constant whether --set replaces it, and its new value
};

} // namespace ganrt
