// Compiles one kernel for a GPU.
#pragma once

#include "compiler/codegen/device/DeviceCode.h"
#include "compiler/codegen/schedules/Schedule.h"

namespace gan {

enum class DeviceApi : uint8_t { Cuda, OpenCl };

struct DeviceTarget {
  DeviceApi api = DeviceApi::Cuda;
  std::string architecture = "sm_80"; ///< of CUDA only
};

/// Compiles a module with one canonical kernel. Returns false if Halide refuses, or if a schedule would put what
/// belongs in registers into slow memory: `error` is then a message for our bug reports and not for users.
bool compileDeviceKernel(const std::string &moduleText, const Schedule &schedule, const DeviceTarget &target,
                         DeviceCode &code, std::string &error);

} // namespace gan
