// A device runs kernels and owns the memory that they work on. The CPU is one device, each GPU another, behind the same
// interface. Only the device itself holds addresses in its memory. All other code copies data to it and from it, so
// that the code that trains, saves or shows a model is the same for every device.
#pragma once

#include "runtime/device/HostMemory.h"
#include "runtime/device/ranks/Ranks.h"
#include "runtime/program.h"

#include <optional>
#include <string>
#include <vector>

namespace ganrt {

/// Floats that lie one after the other in a memory: the byte where they start, and how many there are.
struct FloatRange {
  size_t at, count;
};

/// Memory of a device, which is zeroed when it is allocated. Offsets count bytes from its start.
class DeviceMemory {
public:
  virtual ~DeviceMemory() = default;
  virtual size_t size() const = 0;
  virtual void write(size_t at, const void *from, size_t bytes) = 0;
  /// Returns the bytes for the host to read, valid until the next read from this memory. On a CPU this is the memory
  /// itself, on other devices a copy.
  virtual const void *read(size_t at, size_t bytes) const = 0;
  /// Whether all these floats are finite; nothing if the device cannot tell and the host must look at them.
  virtual std::optional<bool> finite(const std::vector<FloatRange> & /*floats*/) const { return std::nullopt; }
  /// The memory itself if the host may write to it; otherwise null.
  virtual uint8_t *onHost() { return nullptr; }
  /// Copies all bytes of another memory of the same size, which may belong to another device.
  virtual void copy(const DeviceMemory &other) = 0;
};

/// The memory that the calls of a graph work on, one member for each `gan_space`. The kernels write to the first two,
/// the host to the others.
struct Spaces {
  DeviceMemory &arena, &state;
  const HostMemory &inputs, &scalars, &rngs;
};

/// The calls of one graph. Each is bound to its memory in advance, so that a run only needs to walk over them. A device
/// of which the host is not a part can be given the calls of a whole iteration at once, and runs them while the host
/// prepares the next: calls are then queued and started, and what the host wants to see of them is fetched.
class DeviceCalls {
public:
  virtual ~DeviceCalls() = default;
  /// Tells that an iteration begins. Of those before, at most one that was started has not been awaited yet.
  virtual void begin() {}
  /// Tells that the host has written batch data: the calls that follow read it from `inputs`, whose size must not
  /// change.
  virtual void takeInputs(const HostMemory &inputs) = 0;
  /// Tells that the host has written scalars and keys of random draws, which the calls that follow read.
  virtual void takeNumbers() = 0;
  /// Runs call `index` of the graph, after the calls that were run before. Returns false if the kernel failed.
  virtual bool run(uint32_t index) = 0;
  /// The same, and waits for its end. Sets `seconds` to how long it took.
  virtual bool runTimed(uint32_t index, double &seconds);
  /// Waits until the calls that were run have ended.
  virtual void finish() {}

  /// Whether the device makes the means over ranks (gan_graph.collectives) behind the calls that it runs; else its
  /// memory is given to whoever makes them.
  virtual bool crossesRanks() const { return false; }

  /// Whether calls can be queued. The other functions may be called only then.
  virtual bool queues() const { return false; }
  /// Adds calls to what `start` runs.
  virtual void queue(uint32_t /*first*/, uint32_t /*count*/) {}
  /// Adds a copy to the host of what lies there after the calls that were queued before.
  virtual void fetch(const gan_address & /*address*/, size_t /*bytes*/) {}
  /// Whether `choose` can be called.
  virtual bool chooses() { return false; }
  /// Adds that a scalar which was taken last becomes values[c - first], where c is the f64 at byte `count` of the
  /// state after the calls that were queued before.
  virtual void choose(uint32_t /*scalar*/, uint64_t /*count*/, double /*first*/,
                      const std::vector<double> & /*values*/) {}
  /// Starts what was queued since `begin`.
  virtual void start() {}
  /// Waits until the oldest of what was started and not awaited has ended. Returns what it fetched, one after the
  /// other, each at a multiple of 8 bytes; valid until the next but one `begin`.
  virtual const uint8_t *await() { return nullptr; }
};

/// Allocates memory and binds graphs. The spaces must outlive the calls that are bound to them.
class Device {
public:
  virtual ~Device() = default;
  /// The name that users know: "cpu", "cuda:0 (NVIDIA H100)".
  virtual std::string name() const = 0;
  /// Makes ready for sharing batches with these ranks, which have begun (Ranks::begin) and all call this. Returns a
  /// sentence for users if their means must take a slower way than users may expect; else "". Throws UserError.
  virtual std::string join(Ranks & /*ranks*/) { return ""; }
  virtual std::unique_ptr<DeviceMemory> allocate(size_t bytes) = 0;
  virtual std::unique_ptr<DeviceCalls> bind(const gan_program &program, const gan_graph &graph, Spaces spaces) = 0;
};

/// The processor that this program runs on. Its kernels work on host memory and run on the threads of Threads.h.
Device &cpu();
std::unique_ptr<Device> openCpu();

/// "cuda", "opencl".
const char *kindName(gan_device_kind kind);

/// The device of --device: "cpu", "cuda", "opencl:1", or "auto", which is the first GPU that the program has kernels
/// for and that works, else the CPU. `note` becomes a sentence about the choice if there was one. Of several ranks on a
/// machine, each takes a card of its own where none is named. Throws UserError if the device cannot be used.
std::unique_ptr<Device> openDevice(const gan_program &program, const std::string &wanted, std::string &note,
                                   const Ranks *ranks = nullptr);

} // namespace ganrt
