#include "runtime/program/State.h"
#include "runtime/program/Initialize.h"

#include <cstring>

namespace ganrt {

State::State(const gan_program &program, uint64_t seed) : memory(program.state_bytes) {
  for (uint32_t i = 0; i < program.num_states; ++i)
    initialize(program.states[i], seed, tensor(program.states[i]));
}

State::State(const State &other) : memory(other.memory.size()) { assign(other); }

void State::assign(const State &other) { memcpy(memory.data(), other.memory.data(), memory.size()); }

} // namespace ganrt
