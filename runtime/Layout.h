// Tensors between PyTorch's shape (outside: files, traces) and their order in memory (inside).
#pragma once

#include "runtime/program.h"

#include <cstddef>
#include <vector>

namespace ganrt {

size_t elementsOf(const gan_layout &layout);
size_t bytesOf(gan_dtype dtype);
/// Whether memory has the outside order, as for most tensors.
bool inOrder(const gan_layout &layout);
/// Position in memory of each element of the outside tensor, row-major.
std::vector<size_t> insidePositions(const gan_layout &layout);
/// Values in outside order into memory of the layout's element type.
void toInside(const gan_layout &layout, const double *outside, void *memory);
std::vector<double> toOutside(const gan_layout &layout, const void *memory);

} // namespace ganrt
