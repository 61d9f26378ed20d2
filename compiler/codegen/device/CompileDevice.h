// Compiles kernels for GPUs.
#pragma once

#include "compiler/codegen/device/DeviceCode.h"
#include "compiler/codegen/schedules/Schedule.h"

#include <string>
#include <vector>

namespace gan {

/// The interfaces of GPUs' drivers, in the order of gan_device_kind.
enum class DeviceApi : uint8_t { Cuda, OpenCl };

/// Compiles kernels to text: code for one kind of card is the assembler's task. PTX is for `architecture` ("sm_80") and
/// later cards. The text of a kernel does not depend on those that are compiled with it; but for CUDA each call takes a
/// fifth of a second to begin with, so several kernels a call are faster. Returns false if Halide refuses, or if a
/// schedule would put what belongs in registers into slow memory: `error` is then a message for our bug reports and not
/// for users.
bool compileDeviceKernels(const std::vector<ScheduledKernel> &kernels, DeviceApi api, const std::string &architecture,
                          std::vector<DeviceCode> &codes, std::string &error);

} // namespace gan
