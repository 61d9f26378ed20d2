// How much of a GPU's memory training takes, for those who do not have it.
#pragma once

#include "runtime/device/gpu/Gpu.h"

namespace ganrt {

/// What training takes of a GPU's memory, in bytes.
struct GpuNeed {
  uint64_t fixed = 0;    ///< state and gradients, whatever the batch
  uint64_t perBatch = 0; ///< proportional to the batch, or nearly so
};

/// `table` is the program's row for this kind of GPU.
GpuNeed gpuNeed(const gan_program &program, const gan_device &table);

/// The sentences for a user who asked for more memory than there is: how much is needed and free, and which batch would
/// fit.
std::string outOfMemoryText(const Gpu &gpu, const gan_program &program, const gan_device &table, size_t bytes);

} // namespace ganrt
