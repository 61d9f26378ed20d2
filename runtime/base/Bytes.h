// Values as the bytes of pictures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ganrt {

/// Values of [lo, hi] to bytes; outside they are clipped.
std::vector<uint8_t> toBytes(const float *values, size_t count, double lo, double hi);

} // namespace ganrt
