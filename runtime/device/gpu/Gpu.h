// What the drivers of GPUs have in common: memory, copies, functions, and sequences of launches that are prepared once
// and started many times. CUDA and OpenCL implement this interface; GpuDevice makes a Device of it.
#pragma once

#include "runtime/base/DeviceFault.h"
#include "runtime/device/Device.h"
#include "runtime/device/ranks/Ranks.h"
#include "runtime/program.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ganrt {

/// A buffer of a GPU's memory, as its driver names it.
using GpuBuffer = uint64_t;

/// A place in such a buffer: the number of bytes from its start.
struct GpuPlace {
  GpuBuffer buffer = 0;
  uint64_t offset = 0;
};

/// A function of a kernel that the driver has loaded; the Gpu owns it.
using GpuFunction = void *;

/// Part of memory that a step touches.
struct GpuRange {
  GpuPlace place;
  uint64_t bytes;
  bool written;
};

/// A launch, a mean over ranks, or a copy to the host.
struct GpuStep {
  const gan_launch *launch = nullptr; ///< null: a mean or a copy
  GpuFunction function = nullptr;
  std::vector<GpuPlace> given; ///< what the function is given
  size_t mean = 0;             ///< so many floats at `from` are replaced by their means over the ranks
  GpuPlace from;               ///< what is copied
  void *to = nullptr;          ///< to memory that `pinned` returned
  size_t bytes = 0;
  std::vector<GpuRange> touched;
};

/// Steps that were prepared to be started together.
class GpuSequence {
public:
  virtual ~GpuSequence() = default;
};

/// Copied to the GPU before a sequence runs.
struct GpuUpload {
  GpuPlace to;
  const void *from; ///< in memory that `pinned` returned
  size_t bytes;
};

/// A GPU does not have as much memory as was asked for.
struct OutOfGpuMemory {
  size_t bytes; ///< what was asked for
};

/// A GPU of this machine, which is open for as long as the process lives. All functions throw UserError for what the
/// environment does: memory that is not there, a card that was taken away; and DeviceFault if a kernel did what it must
/// not.
class Gpu {
public:
  /// Sequences that are under way at once: while one runs, the next is prepared.
  static constexpr unsigned slots = 2;

  virtual ~Gpu() = default;
  virtual std::string name() const = 0;
  /// The multiple of bytes at which tensors of different use should start in a buffer.
  static constexpr size_t alignment = 256;

  /// Memory of zeros. Throws OutOfGpuMemory.
  virtual GpuBuffer allocate(size_t bytes) = 0;
  virtual void release(GpuBuffer buffer) = 0;
  struct MemorySize {
    std::optional<uint64_t> unused; ///< nothing if the driver does not tell
    uint64_t all;
  };
  virtual MemorySize memorySize() const = 0;
  uint64_t held = 0; ///< bytes that this program has allocated, which GpuMemory counts
  /// Memory of the host that copies go to and come from without waiting.
  virtual void *pinned(size_t bytes) = 0;
  virtual void unpin(void *memory) = 0;

  // These copies come after all that was launched or started before, and wait until they are done.
  virtual void write(GpuPlace to, const void *from, size_t bytes) = 0;
  virtual void read(void *to, GpuPlace from, size_t bytes) = 0;
  virtual void copy(GpuPlace to, GpuPlace from, size_t bytes) = 0;

  /// Whether all these floats of a buffer are finite, after all that was launched or started before; nothing if only
  /// the host can tell.
  virtual std::optional<bool> finite(GpuBuffer /*buffer*/, const std::vector<FloatRange> & /*floats*/) {
    return std::nullopt;
  }

  /// For each of these kernels the functions of its launches, in order. `code` holds the images.
  virtual std::vector<std::vector<GpuFunction>> load(const std::vector<const gan_device_kernel *> &kernels,
                                                     const uint8_t *code) = 0;
  /// The function of ChooseText.h; null if the driver cannot compile it.
  virtual GpuFunction choose() = 0;
  /// Makes ready for steps that are means over these ranks, each of which has a GPU of its own. Called by all of them
  /// together. Returns why they cannot have them, the same on all; "" if they can. Throws UserError.
  virtual std::string join(Ranks & /*ranks*/) { return "NCCL is for NVIDIA's cards under CUDA"; }
  /// Whether `join` has returned "".
  virtual bool joined() const { return false; }

  /// Runs a step after all before it.
  virtual void run(const GpuStep &step) = 0;
  /// Waits until everything has ended.
  virtual void finish() = 0;

  virtual std::unique_ptr<GpuSequence> prepare(const std::vector<GpuStep> &steps) = 0;
  /// Starts a sequence after the upload and all before it. The sequence that was started before in the same slot must
  /// have been awaited.
  virtual void start(GpuSequence &sequence, const GpuUpload &upload, unsigned slot) = 0;
  virtual void await(unsigned slot) = 0;

  /// Prepares launches for `time`.
  virtual std::unique_ptr<GpuSequence> prepareTimed(const std::vector<GpuStep> &steps) { return prepare(steps); }
  /// Runs a sequence of `prepareTimed` after all before it and waits for it. Returns how many seconds it took on the
  /// GPU's own clock, without the time of launching.
  virtual double time(GpuSequence &sequence) = 0;
};

/// For each step the earlier steps that must have ended before it starts, because they write what it touches or touch
/// what it writes; means come in their order, which is the same on all ranks. Those that other steps wait for already
/// are left out.
std::vector<std::vector<uint32_t>> dependencies(const std::vector<GpuStep> &steps);

/// The bytes of a blob of gan_program.device_code.
std::vector<uint8_t> unpack(const gan_blob &blob, const uint8_t *code);

} // namespace ganrt
