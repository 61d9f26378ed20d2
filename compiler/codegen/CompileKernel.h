// One kernel, compiled: the only place that runs Halide, and the only one that catches its errors.
#pragma once

#include "compiler/codegen/schedules/Schedule.h"

#include <optional>
#include <string>
#include <vector>

namespace gan {

/// What kernels are built for, by the name given to --target: host, x86-64, x86-64-v2, x86-64-v3, x86-64-v4.
struct KernelTarget {
  std::string name;        ///< never "host": the level that the host has
  std::string halide;      ///< Halide's target string
  std::string cpuFeatures; ///< what the machine must have: "avx2 fma f16c"
  int64_t lanes, registers;
};

/// Nothing for an unknown name.
std::optional<KernelTarget> kernelTarget(const std::string &name);

/// A module holding one canonical kernel, compiled to an object file at `path`. False where Halide refuses: `error`
/// then holds its words, which are for our bug reports, not for users.
bool compileKernel(const std::string &moduleText, const Schedule &schedule, const KernelTarget &target,
                   const std::string &path, std::string &error);

/// The lowered loops as text at `path`, for --stage=stmt. False as above.
bool lowerKernel(const std::string &moduleText, const Schedule &schedule, const KernelTarget &target,
                 const std::string &path, std::string &error);

/// Memory of one argument, in the order of KernelInfo::args.
using KernelMemory = std::vector<void *>;

/// Compiles in this process and runs once: for tests and for trying schedules. The machine must have what `target`
/// asks for. False as above.
bool runKernel(const std::string &moduleText, const Schedule &schedule, const KernelMemory &arguments,
               std::string &error, const std::string &target = "host");

} // namespace gan
