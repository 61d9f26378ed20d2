// Starting values of parameters and statistics. Drawn in PyTorch's order of elements, so that they do not depend on how
// the compiler lays tensors out.
#pragma once

#include "runtime/program.h"

#include <vector>

namespace ganrt {

/// The tensor's values in outside order; every tensor has a stream of its own, by its name.
std::vector<double> initialValues(const gan_state &state, uint64_t seed);

} // namespace ganrt
