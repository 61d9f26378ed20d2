#include "runtime/program/CallByCall.h"

#include <cstdlib>

namespace ganrt {

bool &callByCall() {
  static bool on = std::getenv("GANC_CALL_BY_CALL") != nullptr;
  return on;
}

} // namespace ganrt
