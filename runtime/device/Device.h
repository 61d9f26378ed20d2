// A device runs kernels and owns the memory that they work on. The CPU is one device; a GPU would implement the same
// interface. Only the device itself holds addresses in its memory. All other code copies data to it and from it, so
// that the code that trains, saves or shows a model is the same for every device.
#pragma once

#include "runtime/device/HostMemory.h"
#include "runtime/program.h"

namespace ganrt {

/// Memory of a device, which is zeroed when it is allocated. Offsets count bytes from its start.
class DeviceMemory {
public:
  virtual ~DeviceMemory() = default;
  virtual size_t size() const = 0;
  virtual void write(size_t at, const void *from, size_t bytes) = 0;
  /// Returns the bytes for the host to read, valid until the next read from this memory. On a CPU this is the memory
  /// itself, on other devices a copy.
  virtual const void *read(size_t at, size_t bytes) const = 0;
  /// Copies all bytes of another memory of the same size, which may belong to another device.
  virtual void copy(const DeviceMemory &other) = 0;
};

/// The memory that the calls of a graph work on, one member for each `gan_space`. The kernels write to the first two,
/// the host to the others.
struct Spaces {
  DeviceMemory &arena, &state;
  const HostMemory &inputs, &scalars, &rngs;
};

/// The calls of one graph. Each is bound to its memory in advance, so that a run only needs to walk over them.
class DeviceCalls {
public:
  virtual ~DeviceCalls() = default;
  /// Tells that the host has written batch data: the calls that follow read it from `inputs`, whose size must not
  /// change.
  virtual void takeInputs(const HostMemory &inputs) = 0;
  /// Tells that the host has written scalars and keys of random draws, which the calls that follow read.
  virtual void takeNumbers() = 0;
  /// Runs call `index` of the graph, after the calls that were run before. Returns false if the kernel failed.
  virtual bool run(uint32_t index) = 0;
};

/// Allocates memory and binds graphs. The spaces must outlive the calls that are bound to them.
class Device {
public:
  virtual ~Device() = default;
  virtual std::unique_ptr<DeviceMemory> allocate(size_t bytes) = 0;
  virtual std::unique_ptr<DeviceCalls> bind(const gan_program &program, const gan_graph &graph, Spaces spaces) = 0;
};

/// The processor that this program runs on. Its kernels work on host memory and run on the threads of Threads.h.
Device &cpu();

} // namespace ganrt
