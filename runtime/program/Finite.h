// Tells whether tensors are finite. This is checked while training goes on, so its loop must be vectorised; it
// therefore has a file of its own, which is compiled with more optimisation.
#pragma once

#include "runtime/program.h"

#include <cstddef>

namespace ganrt {

/// Whether all numbers are finite. Integers always are.
bool finite(const void *memory, size_t count, gan_dtype dtype);
bool finite(const gan_layout &layout, const void *memory);

} // namespace ganrt
