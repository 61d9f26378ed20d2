// A program made by hand like ganc would write it, so that the runtime can be tested without a compiler. It has a block
// `W` of 64 numbers, each of which moves towards the mean of its pixel over a batch of images (1, 8, 8). Its only
// kernel runs a parallel loop, as Halide's kernels do.
#pragma once

#include "runtime/program.h"

namespace ganrt::test {

/// The batch size is 16. Each step moves every number of `W.0.weight` by a tenth of the way to the batch's mean. The
/// loss is the sum of the squared distances before the step.
const gan_program &tinyProgram();

} // namespace ganrt::test
