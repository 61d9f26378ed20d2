// What --target and --gpu-arch ask for: one kind of processor, and GPUs beside it.
#pragma once

#include "compiler/codegen/Target.h"
#include "compiler/codegen/device/CompileDevice.h"
#include "compiler/driver/Options.h"

namespace gan {

/// A kind of GPU that a program is built for.
struct DeviceTarget {
  DeviceApi api;
  std::vector<std::string> architectures; ///< of CUDA: "sm_80", in rising order; the text is for the first and later
                                          ///< ones
};

/// What the code for a device depends on beside kernel and schedule, for the cache.
std::vector<std::string> identityOf(const DeviceTarget &device, const std::string &assembler);

struct Targets {
  KernelTarget processor; ///< kernels for it are always part of a program
  std::vector<DeviceTarget> devices;
  bool exactConvolutions = false; ///< no convolution of the processor uses Winograd's transforms
};

/// Declares --target and --exact-convolutions, and for commands that assemble --gpu-arch.
void describeTarget(po::options_description &options);
void describeGpuArch(po::options_description &options);

/// Throws UserError for a name that is unknown (and lists those that there are) or given twice.
Targets givenTargets(const CommandLine &line);

} // namespace gan
