// Integer arithmetic and operations on bits. Sums and products wrap around, shifts by more than the width give zeros or
// the sign: as on the GPU, and not as in C++, so all that could overflow is computed without signs.
#include "compiler/ptx/Handlers.h"

#include <algorithm>
#include <limits>

namespace ptx {
namespace {

template <class T> constexpr int bits = 8 * int(sizeof(T));
/// The type of the same width without sign.
template <class T> using Natural = std::make_unsigned_t<T>;
template <int bytes>
using Twice = std::conditional_t<bytes == 2, int32_t, std::conditional_t<bytes == 4, int64_t, __int128>>;
/// The type of twice the width, with the same sign.
template <class T>
using Wide = std::conditional_t<
    std::is_signed_v<T>, Twice<sizeof(T)>,
    std::conditional_t<sizeof(T) == 2, uint32_t, std::conditional_t<sizeof(T) == 4, uint64_t, unsigned __int128>>>;

template <class T> Wide<T> product(T a, T b) { return Wide<T>(a) * Wide<T>(b); }
template <class T> T high(T a, T b) { return T(product(a, b) >> bits<T>); }

/// Division by zero is not defined; GPUs give all ones, and the dividend as the remainder.
template <class T> T quotient(T a, T b) {
  if (b == 0)
    return T(-1);
  return std::is_signed_v<T> && b == T(-1) ? T(0 - Natural<T>(a)) : T(a / b);
}
template <class T> T remainder(T a, T b) {
  if (b == 0)
    return a;
  return std::is_signed_v<T> && b == T(-1) ? T(0) : T(a % b);
}

/// The bits of `a` from `position`, `length` of them; above them zeros, or for signed types the last of them.
template <class T> T extracted(T a, uint32_t position, uint32_t length) {
  position &= 255, length &= 255;
  using U = Natural<T>;
  if (length == 0)
    return 0;
  uint32_t top = std::min<uint32_t>(position + length - 1, bits<T> - 1);
  bool sign = std::is_signed_v<T> && (U(a) >> top & 1);
  U result = sign ? U(-1) : U(0);
  for (uint32_t k = 0; k < std::min<uint32_t>(length, bits<T>); ++k) {
    bool bit = position + k < uint32_t(bits<T>) ? U(a) >> (position + k) & 1 : sign;
    result = U((result & ~(U(1) << k)) | U(bit) << k);
  }
  return T(result);
}

/// `b` with the low bits of `a` put at `position`.
template <class T> T inserted(T a, T b, uint32_t position, uint32_t length) {
  position &= 255, length &= 255;
  if (length == 0 || position >= uint32_t(bits<T>))
    return b;
  T mask = T((length >= uint32_t(bits<T>) ? T(-1) : T((T(1) << length) - 1)) << position);
  return T((b & ~mask) | (T(a << position) & mask));
}

/// Where the first bit is that differs from the sign; all ones if there is none.
template <class T> uint32_t firstBit(T a) {
  using U = Natural<T>;
  U u = std::is_signed_v<T> && a < 0 ? U(~U(a)) : U(a);
  return u == 0 ? ~0u : uint32_t(bits<T> - 1 - std::countl_zero(u));
}
/// The same as how far to shift to the left for it to be the highest.
template <class T> uint32_t shiftOfFirstBit(T a) {
  uint32_t at = firstBit(a);
  return at == ~0u ? at : bits<T> - 1 - at;
}

template <class T> T reversed(T a) {
  T result = 0;
  for (int k = 0; k < bits<T>; ++k)
    result |= (a >> k & 1) << (bits<T> - 1 - k);
  return result;
}

/// Four bytes chosen from the eight of `a` and `b`; bit 3 of a choice repeats the byte's sign instead.
uint32_t permuted(uint32_t a, uint32_t b, uint32_t choices) {
  uint64_t both = a | uint64_t(b) << 32;
  uint32_t result = 0;
  for (int k = 0; k < 4; ++k) {
    uint32_t choice = choices >> 4 * k & 15, byte = uint32_t(both >> 8 * (choice & 7)) & 255;
    if (choice & 8)
      byte = byte & 128 ? 255 : 0;
    result |= byte << 8 * k;
  }
  return result;
}

/// Each bit is looked up in the table of eight bits by the three bits of the operands.
uint32_t lookedUp(uint32_t a, uint32_t b, uint32_t c, uint32_t table) {
  uint32_t result = 0;
  for (uint32_t k = 0; k < 8; ++k)
    if (table >> k & 1)
      result |= (k & 4 ? a : ~a) & (k & 2 ? b : ~b) & (k & 1 ? c : ~c);
  return result;
}

/// The 64 bits of `b` and `a`, shifted by up to 32.
uint32_t funnelLeft(uint32_t a, uint32_t b, uint32_t n) { return uint32_t((uint64_t(b) << 32 | a) << n >> 32); }
uint32_t funnelRight(uint32_t a, uint32_t b, uint32_t n) { return uint32_t((uint64_t(b) << 32 | a) >> n); }

int32_t clampedToInt(int64_t x) { return int32_t(std::clamp<int64_t>(x, INT32_MIN, INT32_MAX)); }

void addArithmetic(Handlers &table) {
  // 1u makes an unsigned number of 16 bits, which C++ would make signed.
  binary(table, "add", Bits{}, [](auto a, auto b) { return 1u * a + b; });
  binary(table, "sub", Bits{}, [](auto a, auto b) { return 1u * a - b; });
  binary(table, "mul.lo", Bits{}, [](auto a, auto b) { return 1u * a * b; });
  ternary(table, "mad.lo", Bits{}, [](auto a, auto b, auto c) { return 1u * a * b + c; });
  binary(table, "add.sat", Types<'s', int32_t>{}, [](int64_t a, int64_t b) { return clampedToInt(a + b); });
  binary(table, "sub.sat", Types<'s', int32_t>{}, [](int64_t a, int64_t b) { return clampedToInt(a - b); });
  auto both = [&](auto types) {
    binary(table, "mul.hi", types, [](auto a, auto b) { return high(a, b); });
    ternary(table, "mad.hi", types, [](auto a, auto b, auto c) { return Natural<decltype(c)>(high(a, b)) + 1u * c; });
    binary(table, "div", types, [](auto a, auto b) { return quotient(a, b); });
    binary(table, "rem", types, [](auto a, auto b) { return remainder(a, b); });
    binary(table, "min", types, [](auto a, auto b) { return std::min(a, b); });
    binary(table, "max", types, [](auto a, auto b) { return std::max(a, b); });
    ternary(table, "sad", types, [](auto a, auto b, auto c) {
      using U = Natural<decltype(a)>;
      return 1u * U(a < b ? 1u * U(b) - U(a) : 1u * U(a) - U(b)) + U(c);
    });
  };
  both(Unsigned{});
  both(Signed{});
  unary(table, "neg", Signed{}, [](auto a) { return 0 - 1u * Natural<decltype(a)>(a); });
  unary(table, "abs", Signed{}, [](auto a) {
    Natural<decltype(a)> u(a);
    return a < 0 ? 0 - 1u * u : 1u * u;
  });
  auto wide = [&]<class T>(const std::string &type) {
    auto times = [](T a, T b) { return product(a, b); };
    auto timesPlus = [](T a, T b, Wide<T> c) { return Natural<Wide<T>>(product(a, b)) + Natural<Wide<T>>(c); };
    table["mul.wide." + type] = &apply<decltype(times), Wide<T>, T, T>;
    table["mad.wide." + type] = &apply<decltype(timesPlus), Wide<T>, T, T, Wide<T>>;
  };
  forTypes(Types<'u', uint16_t, uint32_t>{}, wide);
  forTypes(Types<'s', int16_t, int32_t>{}, wide);
}

void addBits(Handlers &table) {
  binary(table, "and", Bits{}, [](auto a, auto b) { return a & b; });
  binary(table, "or", Bits{}, [](auto a, auto b) { return a | b; });
  binary(table, "xor", Bits{}, [](auto a, auto b) { return a ^ b; });
  unary(table, "not", Bits{}, [](auto a) { return ~a; });
  unary(table, "cnot", Bits{}, [](auto a) { return a == 0; });
  unary(table, "brev", Types<'b', uint32_t, uint64_t>{}, [](auto a) { return reversed(a); });
  auto shifts = [&]<class T>(const std::string &type) {
    auto right = [](T a, uint32_t n) { return T(a >> std::min<uint32_t>(n, bits<T> - 1) >> (n >= bits<T> ? 1 : 0)); };
    table["shr." + type] = &apply<decltype(right), T, T, uint32_t>;
    auto left = [](T a, uint32_t n) { return n < uint32_t(bits<T>) ? T(Natural<T>(a) * 1u << n) : T(0); };
    table["shl." + type] = &apply<decltype(left), T, T, uint32_t>;
  };
  forTypes(Bits{}, shifts);
  forTypes(Signed{}, shifts);
  auto fields = [&]<class T>(const std::string &type) {
    auto extract = [](T a, uint32_t position, uint32_t length) { return extracted(a, position, length); };
    table["bfe." + type] = &apply<decltype(extract), T, T, uint32_t, uint32_t>;
    auto find = [](T a) { return firstBit(a); };
    table["bfind." + type] = &apply<decltype(find), uint32_t, T>;
    auto shift = [](T a) { return shiftOfFirstBit(a); };
    table["bfind.shiftamt." + type] = &apply<decltype(shift), uint32_t, T>;
  };
  forTypes(Types<'u', uint32_t, uint64_t>{}, fields);
  forTypes(Types<'s', int32_t, int64_t>{}, fields);
  forTypes(Types<'b', uint32_t, uint64_t>{}, [&]<class T>(const std::string &type) {
    auto insert = [](T a, T b, uint32_t position, uint32_t length) { return inserted(a, b, position, length); };
    table["bfi." + type] = &apply<decltype(insert), T, T, T, uint32_t, uint32_t>;
    auto zeros = [](T a) { return uint32_t(std::countl_zero(a)); };
    table["clz." + type] = &apply<decltype(zeros), uint32_t, T>;
    auto ones = [](T a) { return uint32_t(std::popcount(a)); };
    table["popc." + type] = &apply<decltype(ones), uint32_t, T>;
  });
  using Word = Types<'b', uint32_t>;
  ternary(table, "prmt", Word{}, [](auto a, auto b, auto c) { return permuted(a, b, c); });
  ternary(table, "shf.l.wrap", Word{}, [](auto a, auto b, auto n) { return funnelLeft(a, b, n & 31); });
  ternary(table, "shf.r.wrap", Word{}, [](auto a, auto b, auto n) { return funnelRight(a, b, n & 31); });
  ternary(table, "shf.l.clamp", Word{}, [](auto a, auto b, auto n) { return funnelLeft(a, b, std::min(n, 32u)); });
  ternary(table, "shf.r.clamp", Word{}, [](auto a, auto b, auto n) { return funnelRight(a, b, std::min(n, 32u)); });
  auto look = [](uint32_t a, uint32_t b, uint32_t c, uint32_t lut) { return lookedUp(a, b, c, lut); };
  table["lop3.b32"] = &apply<decltype(look), uint32_t, uint32_t, uint32_t, uint32_t, uint32_t>;
}

} // namespace

void addIntegers(Handlers &table) {
  addArithmetic(table);
  addBits(table);
}

const Handlers &handlers() {
  static const Handlers table = [] {
    Handlers rows;
    for (auto add :
         {addIntegers, addFloats, addComparisons, addMoves, addConversions, addExchanges, addMatrixUnit, addMemory})
      add(rows);
    return rows;
  }();
  return table;
}

} // namespace ptx
