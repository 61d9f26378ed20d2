// Whether tensors are finite. Looked at while training goes on, so that the loop is worth vectors: a file of its own,
// for the compiler's options.
#pragma once

#include "runtime/program.h"

#include <cstddef>

namespace ganrt {

/// Integers always are.
bool finite(const void *memory, size_t count, gan_dtype dtype);
bool finite(const gan_layout &layout, const void *memory);

} // namespace ganrt
