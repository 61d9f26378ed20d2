// Failures that a user can do something about: they are told in one sentence, and the exit status is 1.
#pragma once

#include <stdexcept>
#include <string>

namespace ganrt {

struct UserError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace ganrt
