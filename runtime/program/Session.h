// What every use of a program needs, in training and afterwards.
#pragma once

#include "runtime/program/Numbers.h"
#include "runtime/program/State.h"

namespace ganrt {

/// A program, the state that its graphs work on, its numbers on the host, and the seed of all random draws. It is
/// copied freely, and only refers to the first three: their owner must keep them for as long as anything made from it
/// is used.
struct Session {
  const gan_program &program;
  State &state;
  const Numbers &numbers;
  uint64_t seed;
};

} // namespace ganrt
