// Converts values to the bytes of pictures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ganrt {

/// Maps [lo, hi] to the bytes 0 to 255; values outside are clipped.
std::vector<uint8_t> toBytes(const float *values, size_t count, double lo, double hi);

} // namespace ganrt
