// Compiles one kernel for a GPU.
#pragma once

#include "compiler/codegen/device/DeviceCode.h"
#include "compiler/codegen/schedules/Schedule.h"

namespace gan {

/// The interfaces of GPUs' drivers, in the order of gan_device_kind.
enum class DeviceApi : uint8_t { Cuda, OpenCl };

/// Compiles a module with one canonical kernel, to text: code for one kind of card is the assembler's task. PTX is for
/// `architecture` ("sm_80") and later cards. Returns false if Halide refuses, or if a schedule would put what belongs
/// in registers into slow memory: `error` is then a message for our bug reports and not for users.
bool compileDeviceKernel(const std::string &moduleText, const Schedule &schedule, DeviceApi api,
                         const std::string &architecture, DeviceCode &code, std::string &error);

} // namespace gan
