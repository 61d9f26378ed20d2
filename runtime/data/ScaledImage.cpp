// Converts images of a data set to numbers: each byte of the data passes through here, so its loops are vectorised.
#include "runtime/base/Bytes.h"
#include "runtime/data/Dataset.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ganrt {

void flipImage(const Dataset &data, float *image) {
  for (int64_t y = 0; y < data.height; ++y)
    for (int64_t x = 0; x < data.width / 2; ++x)
      std::swap_ranges(image + (y * data.width + x) * data.channels, image + (y * data.width + x + 1) * data.channels,
                       image + (y * data.width + data.width - 1 - x) * data.channels);
}

/// Rounds `x` to so few bits that its product with a byte is exact in a float.
static float leading(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  return float(std::ldexp(std::round(std::ldexp(mantissa, 16)), exponent - 16));
}

Scale::Scale(double lo, double hi)
    : slope(leading((hi - lo) / 255)), rest(float((hi - lo) / 255 - double(slope))), start(float(lo)), formula(true) {
  for (size_t byte = 0; byte < of.size(); ++byte) {
    of[byte] = float(lo + (hi - lo) * (double(byte) / 255.0));
    formula &= of[byte] == slope * float(byte) + start + rest * float(byte);
  }
}

/// This loop stands alone so that the compiler vectorises it.
static void applyFormula(const uint8_t *bytes, size_t count, float slope, float rest, float start, float *out) {
  for (size_t k = 0; k < count; ++k)
    out[k] = slope * float(bytes[k]) + start + rest * float(bytes[k]);
}

void Scale::apply(const uint8_t *bytes, size_t count, float *out) const {
  if (formula)
    return applyFormula(bytes, count, slope, rest, start, out);
  for (size_t k = 0; k < count; ++k)
    out[k] = of[bytes[k]];
}

void scaleImage(const Dataset &data, const uint8_t *image, const Scale &scale, float *out) {
  if (data.floats)
    memcpy(out, image, data.storedBytes());
  for (size_t k = 0; data.standard && k < size_t(data.imageBytes()); ++k)
    out[k] = data.standard->of(k, out[k]);
  if (!data.floats)
    scale.apply(image, size_t(data.imageBytes()), out);
}

void scaledImage(const Dataset &data, int64_t i, const Scale &scale, float *out) {
  std::vector<uint8_t> buffer;
  scaleImage(data, data.view(i, buffer), scale, out);
}

std::vector<uint8_t> imageBytes(const Dataset &data, int64_t i) {
  std::vector<uint8_t> buffer;
  const uint8_t *in = data.view(i, buffer);
  size_t each = size_t(data.imageBytes());
  if (!data.floats)
    return {in, in + each};
  if (!std::isfinite(data.hi - data.lo)) // no range tells how to show it
    return {in, in + data.storedBytes()};
  std::vector<float> values(each);
  memcpy(values.data(), in, each * sizeof(float));
  return toBytes(values.data(), each, data.lo, data.hi);
}

} // namespace ganrt
