// cvt. A source becomes a 64-bit integer or a double, which hold every type exactly, and that is rounded, clamped and
// narrowed to the result: two small tables of functions instead of one for each pair of types.
#include "compiler/ptx/Handlers.h"
#include "compiler/ptx/SmallFloats.h"

#include <algorithm>
#include <limits>

namespace ptx {
namespace {

/// The values of a warp between the two halves of a conversion.
struct Between {
  std::array<int64_t, warpLanes> whole;
  std::array<double, warpLanes> real;
  bool isUnsigned64 = false; ///< the bits of `whole` are of a number without sign
};

template <class T> void readWhole(Warp &warp, const Instruction &i, uint32_t slot, Between &values) {
  bool wide = i.flags & WideSource; // the source's register, which may be wider than its type
  if (wide)
    each(warp.active, [&, s = warp.row<uint64_t>(slot)](int l) { values.whole[size_t(l)] = int64_t(T(s[l])); });
  else
    each(warp.active, [&, s = warp.row<uint32_t>(slot)](int l) { values.whole[size_t(l)] = int64_t(T(s[l])); });
}

void read(Warp &warp, const Instruction &i, Between &values) {
  uint32_t slot = i.src[0];
  const uint32_t *narrow = warp.row<uint32_t>(slot);
  const uint64_t *wide = warp.row<uint64_t>(slot);
  double *real = values.real.data();
  bool flush = i.flags & Flush;
  switch (i.from) {
  case Type::F16:
    return each(warp.active, [=](int l) { real[l] = double(fromF16(uint16_t(narrow[l]))); });
  case Type::BF16:
    return each(warp.active, [=](int l) { real[l] = double(fromBf16(uint16_t(narrow[l]))); });
  case Type::F32:
    return each(warp.active, [=](int l) {
      float x = std::bit_cast<float>(narrow[l]);
      real[l] = double(flush ? flushed(x) : x);
    });
  case Type::F64:
    return each(warp.active, [=](int l) { real[l] = std::bit_cast<double>(wide[l]); });
  case Type::S8:
    return readWhole<int8_t>(warp, i, slot, values);
  case Type::S16:
    return readWhole<int16_t>(warp, i, slot, values);
  case Type::S32:
    return readWhole<int32_t>(warp, i, slot, values);
  case Type::U8:
  case Type::B8:
    return readWhole<uint8_t>(warp, i, slot, values);
  case Type::U16:
  case Type::B16:
    return readWhole<uint16_t>(warp, i, slot, values);
  case Type::U32:
  case Type::B32:
    return readWhole<uint32_t>(warp, i, slot, values);
  default:
    values.isUnsigned64 = !isSigned(i.from);
    return readWhole<int64_t>(warp, i, slot, values);
  }
}

/// A whole number in the direction that the modifiers say.
double wholeNumber(double x, uint32_t flags) {
  if (flags & TowardsZero)
    return std::trunc(x);
  if (flags & TowardsMinus)
    return std::floor(x);
  return flags & TowardsPlus ? std::ceil(x) : std::nearbyint(x);
}

/// Integers from floats never overflow: they end at the range, and what is not a number is 0.
int64_t wholeFrom(double x, int64_t low, uint64_t high) {
  if (!(x == x))
    return 0;
  if (x <= double(low))
    return low;
  return x >= double(high) ? int64_t(high) : x >= 0x1p63 ? int64_t(uint64_t(x)) : int64_t(x);
}

void writeWhole(Warp &warp, const Instruction &i, Between &values) {
  Type to = i.type;
  int bits = 8 * sizeOf(to);
  uint64_t high = isSigned(to) ? ~uint64_t(0) >> (65 - bits) : ~uint64_t(0) >> (64 - bits);
  int64_t low = isSigned(to) ? -int64_t(high) - 1 : 0;
  for (Mask rest = warp.active; rest; rest &= rest - 1) {
    int l = std::countr_zero(rest);
    int64_t n = values.whole[size_t(l)];
    if (isFloat(i.from)) {
      n = wholeFrom(wholeNumber(values.real[size_t(l)], i.flags), low, high);
    } else if (i.flags & Saturate) {
      bool above = values.isUnsigned64 ? uint64_t(n) > high : n >= 0 && uint64_t(n) > high;
      n = above ? int64_t(high) : !values.isUnsigned64 && n < low ? low : n;
    }
    uint64_t extended =
        isSigned(to) ? uint64_t(n << (64 - bits) >> (64 - bits)) : uint64_t(n) & ~uint64_t(0) >> (64 - bits);
    if (i.flags & WideData)
      warp.row<uint64_t>(i.dst[0])[l] = extended;
    else
      warp.row<uint32_t>(i.dst[0])[l] = uint32_t(extended);
  }
}

void writeReal(Warp &warp, const Instruction &i, const Between &values) {
  RoundedAs guard(i.flags & ToInteger ? 0 : i.flags);
  bool cut = i.flags & TowardsZero && !(i.flags & ToInteger);
  for (Mask rest = warp.active; rest; rest &= rest - 1) {
    int l = std::countr_zero(rest);
    double x = values.real[size_t(l)];
    if (isFloat(i.from)) {
      x = i.flags & ToInteger ? wholeNumber(x, i.flags) : x;
    } else {
      int64_t n = values.whole[size_t(l)];
      if (i.type == Type::F32) // in one step: through a double it would be rounded twice
        x = double(values.isUnsigned64 ? float(uint64_t(n)) : float(n));
      else
        x = values.isUnsigned64 ? double(uint64_t(n)) : double(n);
    }
    x = i.flags & Saturate ? clampedToOne(x) : x;
    uint32_t *narrow = warp.row<uint32_t>(i.dst[0]);
    if (i.type == Type::F64)
      warp.row<uint64_t>(i.dst[0])[l] = std::bit_cast<uint64_t>(x);
    else if (i.type == Type::F16)
      narrow[l] = toF16(x, cut);
    else if (i.type == Type::BF16)
      narrow[l] = toBf16(x, cut);
    else
      narrow[l] = std::bit_cast<uint32_t>(i.flags & Flush ? flushed(float(x)) : float(x));
  }
}

void convert(Warp &warp, const Instruction &i) {
  Between values;
  read(warp, i, values);
  if (isFloat(i.type))
    writeReal(warp, i, values);
  else
    writeWhole(warp, i, values);
}

/// The most frequent ones, for indices.
void widen(Warp &warp, const Instruction &i) {
  auto same = [](uint32_t x) { return x; };
  apply<decltype(same), uint64_t, uint32_t>(warp, i);
}
void truncate(Warp &warp, const Instruction &i) {
  auto low = [](uint64_t x) { return x; };
  apply<decltype(low), uint32_t, uint64_t>(warp, i);
}

/// cvt.rn.bf16x2.f32 d, a, b: a is the high half.
template <uint16_t half(double, bool)> void convertPair(Warp &warp, const Instruction &i) {
  const uint32_t *a = warp.row<uint32_t>(i.src[0]), *b = warp.row<uint32_t>(i.src[1]);
  uint32_t *d = warp.row<uint32_t>(i.dst[0]);
  bool cut = i.flags & TowardsZero;
  for (Mask rest = warp.active; rest; rest &= rest - 1) {
    int l = std::countr_zero(rest);
    d[l] =
        uint32_t(half(double(std::bit_cast<float>(a[l])), cut)) << 16 | half(double(std::bit_cast<float>(b[l])), cut);
  }
}
/// The same to nearest, on the bits: half an ulp is added, or a bit less before even numbers.
void convertPairToBf16(Warp &warp, const Instruction &i) {
  if (i.flags & TowardsZero)
    return convertPair<toBf16>(warp, i);
  auto pair = [](uint32_t a, uint32_t b) {
    auto half = [](uint32_t x) {
      return (x & 0x7fffffffu) > 0x7f800000u ? 0x7fffu : (x + 0x7fffu + (x >> 16 & 1u)) >> 16;
    };
    return half(a) << 16 | half(b);
  };
  apply<decltype(pair), uint32_t, uint32_t, uint32_t>(warp, i);
}

} // namespace

void addConversions(Handlers &table) {
  table["cvt"] = &convert;
  table["cvt.u64.u32"] = &widen;
  table["cvt.u32.u64"] = &truncate;
  table["cvt.f16x2.f32"] = &convertPair<toF16>;
  table["cvt.bf16x2.f32"] = &convertPairToBf16;
  auto tf32 = [](uint32_t x) { return toTf32(std::bit_cast<float>(x)); };
  table["cvt.tf32.f32"] = &apply<decltype(tf32), uint32_t, uint32_t>;
}

} // namespace ptx
