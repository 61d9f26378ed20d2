// Floats of 16 bits, and tf32, which is an fp32 of which 10 bits of the fraction count.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace ptx {

inline float fromBf16(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }
/// What the matrix unit reads: the rest of the fraction is cut off.
inline float fromTf32(uint32_t bits) { return std::bit_cast<float>(bits & 0xffffe000u); }
/// cvt.rna: to nearest, ties away from zero.
inline uint32_t toTf32(float x) {
  uint32_t bits = std::bit_cast<uint32_t>(x);
  return std::isfinite(x) ? (bits + 0x1000u) & 0xffffe000u : bits;
}

inline float fromF16(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000u) << 16, exponent = bits >> 10 & 31, fraction = bits & 1023;
  float magnitude = exponent == 31 ? std::bit_cast<float>(0x7f800000u | fraction << 13)
                    : exponent     ? std::bit_cast<float>((exponent + 112) << 23 | fraction << 13)
                                   : float(fraction) * 0x1p-24f;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
}

/// The nearest float with `fractionBits` and exponents from `lowest` on, ties to even; or, with `cut`, towards zero.
inline double roundedTo(double x, int fractionBits, int lowest, bool cut) {
  if (!std::isfinite(x) || x == 0)
    return x;
  double unit = std::ldexp(1.0, std::max(std::ilogb(x), lowest) - fractionBits);
  return (cut ? std::trunc(x / unit) : std::nearbyint(x / unit)) * unit;
}

inline uint16_t toBf16(double x, bool cut = false) {
  if (std::isnan(x))
    return 0x7fff;
  double y = roundedTo(x, 7, -126, cut);
  if (cut && std::isfinite(x) && std::fabs(y) > 0x1.fep127)
    y = std::copysign(0x1.fep127, x);
  return uint16_t(std::bit_cast<uint32_t>(float(y)) >> 16);
}

inline uint16_t toF16(double x, bool cut = false) {
  if (std::isnan(x))
    return 0x7fff;
  uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  double y = std::fabs(roundedTo(x, 10, -14, cut));
  if (y > 65504)
    return uint16_t(sign | (cut && std::isfinite(x) ? 0x7bffu : 0x7c00u));
  if (y < 0x1p-14)
    return uint16_t(sign | uint16_t(y * 0x1p24));
  int exponent = std::ilogb(y);
  return uint16_t(sign | (exponent + 15) << 10 | uint16_t((std::ldexp(y, -exponent) - 1) * 1024));
}

} // namespace ptx
