// What every use of a program needs, in training and afterwards.
#pragma once

#include "runtime/device/ranks/Ranks.h"
#include "runtime/program/Numbers.h"
#include "runtime/program/State.h"

namespace ganrt {

/// A program, the state that its graphs work on, its numbers on the host, and the seed of all random draws. It is
/// copied freely, and only refers to all but the seed: their owner must keep them for as long as anything made from it
/// is used.
struct Session {
  const gan_program &program;
  State &state;
  const Numbers &numbers;
  uint64_t seed;
  Ranks *ranks = nullptr; ///< those that share the batches of training; null: this process has them whole
};

} // namespace ganrt
