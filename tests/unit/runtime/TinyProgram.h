// A program made by hand, as ganc would write one, so that the runtime can be tested without a compiler: a block `W` of
// 64 numbers, each drawn towards the mean of its pixel over a batch of images (1, 8, 8). Its one kernel runs a parallel
// loop, as Halide's kernels do.
#pragma once

#include "runtime/program.h"

namespace ganrt::test {

/// Batches of 16. After each step a number of `W.0.weight` has come a tenth closer to the batch's mean; the loss is the
/// sum of the squared distances before it.
const gan_program &tinyProgram();

} // namespace ganrt::test
