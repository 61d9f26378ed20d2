// From the text of a kernel to a scheduled Halide pipeline. Bounds and strides of every buffer are fixed, so that what
// is compiled need not check them. Only here Halide's errors are caught.
#pragma once

#include "compiler/codegen/KernelInfo.h"
#include "compiler/codegen/schedules/Schedule.h"

#include "Halide.h"
#include <functional>

namespace gan {

struct KernelPipeline {
  Halide::Func out;
  std::vector<Halide::Argument> arguments; ///< the inputs, in order
  std::vector<Halide::ImageParam> inputs;
  KernelInfo info;
};

/// Builds the only kernel of a module with a schedule, which says whether it is for a processor or for a GPU, and hands
/// it to `use`. Returns false if Halide refuses or `use` throws: `error` is then the message.
bool withPipeline(const std::string &moduleText, const Schedule &schedule, std::string &error,
                  const std::function<void(KernelPipeline &)> &use);

} // namespace gan
