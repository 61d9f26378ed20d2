// Tensors between PyTorch's shape (outside: files, traces) and their order in memory (inside).
#pragma once

#include "runtime/program.h"

#include <cstddef>
#include <vector>

namespace ganrt {

size_t elementsOf(const gan_layout &layout);
size_t bytesOf(gan_dtype dtype);
size_t bytesOf(const gan_layout &layout);
/// Whether memory has the outside order, as for most tensors.
bool inOrder(const gan_layout &layout);
/// Values in outside order into memory of the layout's element type.
void toInside(const gan_layout &layout, const double *outside, void *memory);
std::vector<double> toOutside(const gan_layout &layout, const void *memory);
/// The floats of an F32 tensor in outside order: `memory` itself, or where the orders differ `buffer`, filled with
/// them.
const float *floatsOutside(const gan_layout &layout, const void *memory, std::vector<float> &buffer);

} // namespace ganrt
