// The state of a program: parameters, running statistics and the optimizers' state.
#pragma once

#include "runtime/device/Device.h"

namespace ganrt {

/// The tensors that live from one iteration to the next, on a device.
class State {
public:
  /// Makes a new state, initialised from the seed.
  State(Device &device, const gan_program &program, uint64_t seed);
  /// Makes a copy of another state, which may be on another device.
  State(Device &device, const State &other);
  /// Takes the values of another state of the same program.
  void assign(const State &other) { space->copy(*other.space); }
  /// A tensor's bytes in the order of memory, valid until the next read.
  const void *read(const gan_state &state) const;
  void write(const gan_state &state, const void *bytes);
  Device &device() const { return *on; }
  DeviceMemory &memory() const { return *space; }

private:
  Device *on;
  std::unique_ptr<DeviceMemory> space;
};

} // namespace ganrt
