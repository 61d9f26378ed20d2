// Memory of a GPU behind the interface that all devices share.
#pragma once

#include "runtime/device/Device.h"
#include "runtime/device/gpu/Gpu.h"

#include <algorithm>

namespace ganrt {

class GpuMemory : public DeviceMemory {
public:
  GpuMemory(Gpu &gpu, size_t bytes) : gpu(gpu), count(bytes), memory(gpu.allocate(bytes)) { gpu.held += count; }
  ~GpuMemory() override {
    gpu.release(memory);
    gpu.held -= count;
  }
  GpuMemory(const GpuMemory &) = delete;
  GpuMemory &operator=(const GpuMemory &) = delete;

  size_t size() const override { return count; }
  void write(size_t at, const void *from, size_t bytes) override { gpu.write({memory, at}, from, bytes); }
  const void *read(size_t at, size_t bytes) const override {
    copied.resize(std::max(copied.size(), bytes));
    gpu.read(copied.data(), {memory, at}, bytes);
    return copied.data();
  }
  std::optional<bool> finite(const std::vector<FloatRange> &floats) const override {
    return gpu.finite(memory, floats);
  }
  void copy(const DeviceMemory &other) override {
    const auto *same = dynamic_cast<const GpuMemory *>(&other);
    if (same && &same->gpu == &gpu)
      gpu.copy({memory, 0}, {same->memory, 0}, std::min(count, same->count));
    else
      write(0, other.read(0, std::min(count, other.size())), std::min(count, other.size()));
  }
  GpuBuffer buffer() const { return memory; }

private:
  Gpu &gpu;
  size_t count;
  GpuBuffer memory;
  mutable std::vector<uint8_t> copied; ///< what the host has read last
};

/// Memory of the host that a GPU copies from and to while the host goes on.
class PinnedMemory {
public:
  PinnedMemory(Gpu &gpu, size_t bytes) : gpu(gpu), memory(static_cast<uint8_t *>(gpu.pinned(bytes))) {}
  ~PinnedMemory() { gpu.unpin(memory); }
  PinnedMemory(const PinnedMemory &) = delete;
  PinnedMemory &operator=(const PinnedMemory &) = delete;
  uint8_t *data() const { return memory; }

private:
  Gpu &gpu;
  uint8_t *memory;
};

} // namespace ganrt
