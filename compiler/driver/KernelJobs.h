// Compiles kernels for processors and GPUs: each in a child process, as many at once as there are cores, through the
// cache.
#pragma once

#include "compiler/driver/Cache.h"
#include "compiler/driver/Stages.h"
#include "compiler/driver/Targets.h"

namespace gan {

struct JobOptions {
  unsigned parallel = 1;
  bool progress = true; ///< whether to show a line on stderr
};

/// What the kernels of a program were compiled to.
struct CompiledKernels {
  std::vector<std::string> objects;             ///< the processor's object file of each job
  std::vector<std::vector<DeviceCode>> devices; ///< for each of the targets' devices, the code of each job
};

/// The cache's key of a kernel's object for a processor.
std::string objectKey(const KernelJob &job, const KernelTarget &processor);

/// The text and launches of kernels for a GPU, not assembled. Throws InternalError.
std::vector<DeviceCode> compileForDevice(const std::vector<const KernelJob *> &jobs, const DeviceTarget &device);

/// Compiles each job for each target; files lie in `folder`. Throws InternalError if a kernel does not compile, and
/// UserError if its compiler was killed or the disk is full.
CompiledKernels compileKernels(const KernelSet &kernels, const Targets &targets, const Cache &cache,
                               const std::string &folder, const JobOptions &options, Timing &timing);

} // namespace gan
