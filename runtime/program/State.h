// The state of a program: parameters, statistics, what optimizers keep.
#pragma once

#include "runtime/device/Device.h"

namespace ganrt {

/// The tensors that live from one iteration to the next, on a device.
class State {
public:
  /// Freshly initialised from the seed.
  State(Device &device, const gan_program &program, uint64_t seed);
  /// A copy of another, which may be on another device.
  State(Device &device, const State &other);
  /// The values of another state of the same program.
  void assign(const State &other) { space->copy(*other.space); }
  /// A tensor's bytes in memory's order, valid until another is read.
  const void *read(const gan_state &state) const;
  void write(const gan_state &state, const void *bytes);
  Device &device() const { return *on; }
  DeviceMemory &memory() const { return *space; }

private:
  Device *on;
  std::unique_ptr<DeviceMemory> space;
};

} // namespace ganrt
