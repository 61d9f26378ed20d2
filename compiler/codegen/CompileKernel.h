// Compiles one kernel. Only this file runs Halide, and only this file catches its errors.
#pragma once

#include "compiler/codegen/schedules/Schedule.h"

#include <optional>
#include <string>
#include <vector>

namespace gan {

/// The machine for which kernels are built, by the name given to --target: host, x86-64, x86-64-v2, x86-64-v3,
/// x86-64-v4.
struct KernelTarget {
  std::string name;        ///< never "host", but the level of the host
  std::string halide;      ///< Halide's target string
  std::string cpuFeatures; ///< features that the machine must have: "avx2 fma f16c"
  int64_t lanes, registers;
};

/// Returns nothing for an unknown name.
std::optional<KernelTarget> kernelTarget(const std::string &name);

/// Compiles a module with one canonical kernel to an object file at `path`. Returns false if Halide refuses: `error` is
/// then Halide's message, which is for our bug reports and not for users.
bool compileKernel(const std::string &moduleText, const Schedule &schedule, const KernelTarget &target,
                   const std::string &path, std::string &error);

/// Writes the lowered loops as text to `path`, for --stage=stmt. Returns false like compileKernel.
bool lowerKernel(const std::string &moduleText, const Schedule &schedule, const KernelTarget &target,
                 const std::string &path, std::string &error);

/// The memory of each argument, in the order of KernelInfo::args.
using KernelMemory = std::vector<void *>;

/// Compiles in this process and runs the kernel once, for tests and for trying schedules. The machine must have what
/// `target` requires. Returns false like compileKernel.
bool runKernel(const std::string &moduleText, const Schedule &schedule, const KernelMemory &arguments,
               std::string &error, const std::string &target = "host");

} // namespace gan
