// The state of a program: parameters, statistics, what optimizers keep.
#pragma once

#include "runtime/device/Memory.h"
#include "runtime/program.h"

namespace ganrt {

/// The tensors that live from one iteration to the next.
class State {
public:
  /// Freshly initialised from the seed.
  State(const gan_program &program, uint64_t seed);
  State(const State &other);
  /// The values of another state of the same program.
  void assign(const State &other);
  void *tensor(const gan_state &state) const { return memory.data() + state.address.offset; }
  uint8_t *data() const { return memory.data(); }

private:
  Memory memory;
};

} // namespace ganrt
