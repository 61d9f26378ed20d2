// Runs the device code of one kernel where there is no GPU: as OpenCL on the processor (PoCL), or on the PTX machine.
#pragma once

#include "compiler/codegen/device/CompileDevice.h"
#include "compiler/codegen/device/DeviceCode.h"
#include "compiler/ptx/Machine.h"

#include <functional>
#include <span>
#include <vector>

namespace gan::test {

/// The memory of each argument of the kernel, operands first. Launches read it and write into it.
using DeviceMemory = std::vector<std::span<uint8_t>>;

/// The memory of a kernel of floats.
inline DeviceMemory argumentsOf(std::vector<std::vector<float>> &memory) {
  DeviceMemory arguments;
  for (std::vector<float> &one : memory)
    arguments.emplace_back(reinterpret_cast<uint8_t *>(one.data()), one.size() * sizeof(float));
  return arguments;
}

/// Returns what each launch did. Throws ptx::Fault for what the code does and must not, ptx::ParseError for what the
/// machine does not know.
std::vector<ptx::Counts> runOnPtxMachine(const DeviceCode &code, const DeviceMemory &memory);

/// Throws std::runtime_error with what the driver says.
void runOnOpenCl(const DeviceCode &code, const DeviceMemory &memory);

/// One of the two, for tests that try both.
struct DeviceWay {
  const char *name;
  DeviceApi api;
  std::function<void(const DeviceCode &, const DeviceMemory &)> run;
};
inline const DeviceWay deviceWays[] = {{"PTX", DeviceApi::Cuda, runOnPtxMachine},
                                       {"OpenCL", DeviceApi::OpenCl, runOnOpenCl}};

} // namespace gan::test
