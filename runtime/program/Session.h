// What every use of a trained or training program needs, together.
#pragma once

#include "runtime/program/Numbers.h"
#include "runtime/program/State.h"

namespace ganrt {

/// A program, the state that its graphs work on, its numbers of the host, and the seed of all that is drawn. They are
/// the caller's and outlive what is made with them.
struct Session {
  const gan_program &program;
  State &state;
  const Numbers &numbers;
  uint64_t seed;
};

} // namespace ganrt
