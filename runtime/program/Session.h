// What every use of a program needs, in training and afterwards.
#pragma once

#include "runtime/program/Numbers.h"
#include "runtime/program/State.h"

namespace ganrt {

/// A program, the state that its graphs work on, its numbers on the host, and the seed of all random draws. The caller
/// owns them; they must outlive everything that is made with them.
struct Session {
  const gan_program &program;
  State &state;
  const Numbers &numbers;
  uint64_t seed;
};

} // namespace ganrt
