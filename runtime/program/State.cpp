#include "runtime/program/State.h"
#include "runtime/program/Initialize.h"
#include "runtime/program/Layout.h"

namespace ganrt {

State::State(Device &device, const gan_program &program, uint64_t seed)
    : on(&device), space(device.allocate(program.state_bytes)) {
  std::vector<uint8_t> bytes;
  for (uint32_t i = 0; i < program.num_states; ++i) {
    if (startsAtZero(program.states[i]))
      continue; // as memory does
    bytes.assign(bytesOf(program.states[i].layout), 0);
    initialize(program.states[i], seed, bytes.data());
    write(program.states[i], bytes.data());
  }
}

State::State(Device &device, const State &other) : on(&device), space(device.allocate(other.space->size())) {
  assign(other);
}

const void *State::read(const gan_state &state) const {
  return space->read(state.address.offset, bytesOf(state.layout));
}

void State::write(const gan_state &state, const void *bytes) {
  space->write(state.address.offset, bytes, bytesOf(state.layout));
}

} // namespace ganrt
