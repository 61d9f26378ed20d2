// Failures that a user can do something about: one sentence, exit status 1.
#pragma once

#include <stdexcept>
#include <string>

namespace ganrt {

struct UserError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace ganrt
