#include "tests/oracles/Sketch.h"
#include "runtime/program/Random.h"

#include <cmath>
#include <cstdint>

namespace gan::test {

/// Element i takes its signs from word i % 64 / 16 of the block of four words i / 64 * 16 + i % 16.
std::array<double, 32> sketch(const std::vector<double> &values) {
  ganrt::DrawKey s = ganrt::drawKey(7, "sketch");
  std::array<double, 32> dots{};
  for (size_t block = 0; block * 4 < (values.size() + 63) / 64 * 64; ++block) {
    std::array<uint32_t, 4> words = ganrt::philox(s, uint32_t(block));
    for (size_t w = 0; w < 4; ++w) {
      size_t i = block / 16 * 64 + w * 16 + block % 16;
      double value = i < values.size() ? values[i] : 0;
      for (uint32_t k = 0; k < dots.size(); ++k) // there is no branch, because no processor could predict it
        dots[k] += double(int32_t(words[w] >> k & 1) * 2 - 1) * value;
    }
  }
  for (double &dot : dots)
    dot /= std::sqrt(double(dots.size()));
  return dots;
}

} // namespace gan::test
