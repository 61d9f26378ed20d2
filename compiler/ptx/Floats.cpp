// Arithmetic of fp32 and fp64. Everything is rounded to nearest unless the instruction says otherwise, also what a GPU
// only approximates (division, roots, exponentials, sines): the exact value is within what it may give.
#include "compiler/ptx/Handlers.h"

#include <cmath>
#include <limits>

namespace ptx {
namespace {

/// If one is not a number the result is the other; -0 is smaller than +0.
template <class T> T smaller(T a, T b) {
  if (std::isnan(a))
    return b;
  return std::isnan(b) || a < b || (a == b && std::signbit(a)) ? a : b;
}
template <class T> T larger(T a, T b) {
  if (std::isnan(a))
    return b;
  return std::isnan(b) || a > b || (a == b && !std::signbit(a)) ? a : b;
}
template <class T> T notANumber() { return std::numeric_limits<T>::quiet_NaN(); }

#ifdef __x86_64__
// The host's own fused multiply-add, where it has one: else each lane is a call into the C library.
template <class T, class Word>
__attribute__((target("avx2,fma"))) void fusedRow(Word *d, const Word *a, const Word *b, const Word *c) {
  PTX_LANES_ARE_INDEPENDENT
  for (int lane = 0; lane < warpLanes; ++lane) {
    if constexpr (sizeof(T) == 4)
      d[lane] = __builtin_bit_cast(Word, __builtin_fmaf(__builtin_bit_cast(T, a[lane]), __builtin_bit_cast(T, b[lane]),
                                                        __builtin_bit_cast(T, c[lane])));
    else
      d[lane] = __builtin_bit_cast(Word, __builtin_fma(__builtin_bit_cast(T, a[lane]), __builtin_bit_cast(T, b[lane]),
                                                       __builtin_bit_cast(T, c[lane])));
  }
}
#endif

struct Fma {
  template <class T> T operator()(T a, T b, T c) const { return std::fma(a, b, c); }
};

template <class T> void fused(Warp &warp, const Instruction &i) {
#ifdef __x86_64__
  static const bool native = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (native && warp.active == allLanes && !(i.flags & (Flush | Saturate | rounding)))
    return fusedRow<T>(warp.row<T>(i.dst[0]), warp.row<T>(i.src[0]), warp.row<T>(i.src[1]), warp.row<T>(i.src[2]));
#endif
  apply<Fma, T, T, T, T>(warp, i);
}

} // namespace

void addFloats(Handlers &table) {
  binary(table, "add", Floats{}, [](auto a, auto b) { return a + b; });
  binary(table, "sub", Floats{}, [](auto a, auto b) { return a - b; });
  binary(table, "mul", Floats{}, [](auto a, auto b) { return a * b; });
  binary(table, "div", Floats{}, [](auto a, auto b) { return a / b; });
  for (const char *name : {"fma", "mad"}) {
    table[std::string(name) + ".f32"] = &fused<float>;
    table[std::string(name) + ".f64"] = &fused<double>;
  }
  binary(table, "min", Floats{}, [](auto a, auto b) { return smaller(a, b); });
  binary(table, "max", Floats{}, [](auto a, auto b) { return larger(a, b); });
  using Single = Types<'f', float>;
  binary(table, "min.NaN", Single{},
         [](auto a, auto b) { return std::isnan(a) || std::isnan(b) ? notANumber<float>() : smaller(a, b); });
  binary(table, "max.NaN", Single{},
         [](auto a, auto b) { return std::isnan(a) || std::isnan(b) ? notANumber<float>() : larger(a, b); });
  unary(table, "neg", Floats{}, [](auto a) { return -a; });
  unary(table, "abs", Floats{}, [](auto a) { return std::fabs(a); });
  binary(table, "copysign", Floats{}, [](auto a, auto b) { return std::copysign(b, a); });
  unary(table, "sqrt", Floats{}, [](auto a) { return std::sqrt(a); });
  unary(table, "rsqrt", Floats{}, [](auto a) { return decltype(a)(1) / std::sqrt(a); });
  unary(table, "rcp", Floats{}, [](auto a) { return decltype(a)(1) / a; });
  unary(table, "ex2", Single{}, [](auto a) { return std::exp2(a); });
  unary(table, "lg2", Single{}, [](auto a) { return std::log2(a); });
  unary(table, "sin", Single{}, [](auto a) { return std::sin(a); });
  unary(table, "cos", Single{}, [](auto a) { return std::cos(a); });
  unary(table, "tanh", Single{}, [](auto a) { return std::tanh(a); });
}

} // namespace ptx
