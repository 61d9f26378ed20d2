// What runs kernels, and the memory that they work on. The CPU is one device; a GPU implements the same. Nobody but the
// device itself holds an address in its memory: everybody else copies to it and from it, so that code that trains,
// saves or shows a model is the same for every device.
#pragma once

#include "runtime/device/HostMemory.h"
#include "runtime/program.h"

namespace ganrt {

/// Memory of a device, zeroed when it is made. Places in it are bytes from its start.
class DeviceMemory {
public:
  virtual ~DeviceMemory() = default;
  virtual size_t size() const = 0;
  virtual void write(size_t at, const void *from, size_t bytes) = 0;
  /// The bytes as the host reads them, valid until this memory is read again: on a CPU the memory itself, elsewhere a
  /// copy of it.
  virtual const void *read(size_t at, size_t bytes) const = 0;
  /// All bytes of another memory of this size, which may be that of another device.
  virtual void copy(const DeviceMemory &other) = 0;
};

/// What the calls of a graph work on: spaces of `gan_space`. The device's kernels write the first two, the host the
/// rest.
struct Spaces {
  DeviceMemory &arena, &state;
  const HostMemory &inputs, &scalars, &rngs;
};

/// The calls of one graph, each bound to its memory, so that a run only walks them.
class DeviceCalls {
public:
  virtual ~DeviceCalls() = default;
  /// The host has written batch data; the calls that follow read it from `inputs`, of the size that it had before.
  virtual void takeInputs(const HostMemory &inputs) = 0;
  /// The host has written scalars and keys of random draws, which the calls that follow read.
  virtual void takeNumbers() = 0;
  /// Runs call `index` of the graph after those before it; false where its kernel failed.
  virtual bool run(uint32_t index) = 0;
};

/// The spaces outlive what is bound to them.
class Device {
public:
  virtual ~Device() = default;
  virtual std::unique_ptr<DeviceMemory> allocate(size_t bytes) = 0;
  virtual std::unique_ptr<DeviceCalls> bind(const gan_program &program, const gan_graph &graph, Spaces spaces) = 0;
};

/// The processor that this program runs on: kernels work on host memory, on the threads of Threads.h.
Device &cpu();

} // namespace ganrt
