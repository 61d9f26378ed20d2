#include "runtime/base/Bytes.h"

#include <algorithm>
#include <cmath>

namespace ganrt {

std::vector<uint8_t> toBytes(const float *values, size_t count, double lo, double hi) {
  std::vector<uint8_t> bytes(count);
  for (size_t i = 0; i < count; ++i)
    bytes[i] = uint8_t(std::lround(std::clamp((values[i] - lo) / (hi - lo), 0.0, 1.0) * 255));
  return bytes;
}

} // namespace ganrt
