// Numbers of the host: constants that --set changes, and expressions over them, in double.
#pragma once

#include "runtime/program.h"
#include "runtime/program/Moment.h"

#include <string>
#include <utility>
#include <vector>

namespace ganrt {

class Numbers {
public:
  /// `settings` as name=value. Throws UserError for an unknown name (with the nearest) or what is not a number.
  Numbers(const gan_program &program, const std::vector<std::string> &settings);

  /// `updates`: how many are done; outside the steps the number of the iteration.
  double evaluate(const gan_number &number, const Moment &moment, double updates) const;
  double constant(uint32_t index, const Moment &moment, double updates) const;

private:
  const gan_program &program;
  std::vector<std::pair<bool, double>> replaced; ///< by --set
};

} // namespace ganrt
