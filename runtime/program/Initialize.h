// Initial values of parameters and statistics. They are drawn in PyTorch's order of elements, so that they do not
// depend on how the compiler lays tensors out.
#pragma once

#include "runtime/program.h"

namespace ganrt {

/// Writes the tensor's values to `memory`, which must be zero. Every tensor has a random stream of its own, given by
/// its name.
void initialize(const gan_state &state, uint64_t seed, void *memory);

} // namespace ganrt
