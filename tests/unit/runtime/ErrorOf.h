// What a function throws, for tests of sentences.
#pragma once

#include "runtime/base/Error.h"

#include <string>

namespace ganrt {

/// The message of the UserError that the function throws; "" if it throws none.
template <class Function> std::string errorOf(Function function) {
  try {
    function();
  } catch (const UserError &e) {
    return e.what();
  }
  return "";
}

} // namespace ganrt
