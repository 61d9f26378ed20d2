// Initial values of parameters and statistics. They are drawn in PyTorch's order of elements, so that they do not
// depend on how the compiler lays tensors out.
#pragma once

#include "runtime/program.h"

namespace ganrt {

/// Whether memory that is zero already holds the tensor's values: those of moments, which are two thirds of a state.
bool startsAtZero(const gan_state &state);

/// Writes the tensor's values to `memory`, which must be zero. Every tensor has a random stream of its own, given by
/// its name. The kernels' threads share the work; how many there are makes no difference.
void initialize(const gan_state &state, uint64_t seed, void *memory);

} // namespace ganrt
