// From the text of a kernel to a scheduled Halide pipeline. Bounds and strides of every buffer are fixed, so that what
// is compiled need not check them. Only here Halide's errors are caught.
#pragma once

#include "compiler/codegen/KernelInfo.h"
#include "compiler/codegen/schedules/Schedule.h"

#include "Halide.h"
#include <functional>
#include <vector>

namespace gan {

struct KernelPipeline {
  Halide::Func out;
  std::vector<Halide::Argument> arguments; ///< the inputs, in order
  std::vector<Halide::ImageParam> inputs;
  KernelInfo info;
};

/// Builds kernels and hands them to `use`. Returns false if Halide refuses or `use` throws: `error` is then the message.
bool withPipelines(const std::vector<ScheduledKernel> &kernels, std::string &error,
                   const std::function<void(std::vector<KernelPipeline> &)> &use);
/// The same for one.
bool withPipeline(const std::string &moduleText, const Schedule &schedule, std::string &error,
                  const std::function<void(KernelPipeline &)> &use);

} // namespace gan
