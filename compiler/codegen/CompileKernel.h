// Compiles one kernel. Only this file runs Halide, and only this file catches its errors.
#pragma once

#include "compiler/codegen/Target.h"
#include "compiler/codegen/schedules/Schedule.h"

#include <string>
#include <vector>

namespace gan {

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
