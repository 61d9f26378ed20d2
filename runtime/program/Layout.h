// Converts tensors between PyTorch's shape ("outside": in files and traces) and their order in memory ("inside").
#pragma once

#include "runtime/program.h"

#include <cstddef>
#include <vector>

namespace ganrt {

size_t elementsOf(const gan_layout &layout);
size_t bytesOf(gan_dtype dtype);
size_t bytesOf(const gan_layout &layout);
/// Whether the order in memory is the outside order, as it is for most tensors.
bool inOrder(const gan_layout &layout);
/// Writes values in outside order to memory, as numbers of the layout's element type.
void toInside(const gan_layout &layout, const double *outside, void *memory);
/// Writes `count` of them, which begin with the tensor's element `first`. Several threads may write parts of a tensor.
void toInside(const gan_layout &layout, size_t first, const double *outside, size_t count, void *memory);
std::vector<double> toOutside(const gan_layout &layout, const void *memory);
/// The floats of an F32 tensor in outside order. Returns `memory` itself or, if the orders differ, fills `buffer` and
/// returns that.
const float *floatsOutside(const gan_layout &layout, const void *memory, std::vector<float> &buffer);

} // namespace ganrt
