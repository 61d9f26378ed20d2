// The functions that execute instructions, by name: "add.b32", "mul.wide.s16", "ex2.f32". A name is an opcode without
// the modifiers that are flags, see Decoder.cpp. Each group of instructions adds its rows to one table; a row is made
// from a lambda of values and a list of types.
#pragma once

#include "compiler/ptx/Warp.h"

#include <cfenv>
#include <utility>

namespace ptx {

using Handlers = std::map<std::string, Execute, std::less<>>;

void addIntegers(Handlers &);    ///< Integers.cpp: arithmetic and bits
void addFloats(Handlers &);      ///< Floats.cpp
void addComparisons(Handlers &); ///< Comparisons.cpp: setp, set, selp, slct, testp and logic of predicates
void addMoves(Handlers &);       ///< Moves.cpp: mov, packing, addresses between spaces, what has no effect
void addConversions(Handlers &); ///< Conversions.cpp: cvt
void addExchanges(Handlers &);   ///< Exchanges.cpp: between the lanes of a warp
void addMatrixUnit(Handlers &);  ///< MatrixUnit.cpp: mma
void addMemory(Handlers &);      ///< Memory.cpp: ld, st

const Handlers &handlers();

/// Types under the letter that PTX has for them.
template <char letter, class... T> struct Types {};
using Bits = Types<'b', uint16_t, uint32_t, uint64_t>; ///< for s, u and b alike
using Unsigned = Types<'u', uint16_t, uint32_t, uint64_t>;
using Signed = Types<'s', int16_t, int32_t, int64_t>;
using Floats = Types<'f', float, double>;

template <class F, char letter, class... T> void forTypes(Types<letter, T...>, F f) {
  (f.template operator()<T>(std::string(1, letter) + std::to_string(8 * sizeof(T))), ...);
}

/// The host rounds as the instruction says while this lives.
class RoundedAs {
public:
  explicit RoundedAs(uint32_t flags) : changed((flags & rounding) != 0) {
    if (changed)
      std::fesetround(flags & TowardsZero ? FE_TOWARDZERO : flags & TowardsMinus ? FE_DOWNWARD : FE_UPWARD);
  }
  ~RoundedAs() {
    if (changed)
      std::fesetround(FE_TONEAREST);
  }
  RoundedAs(const RoundedAs &) = delete;

private:
  bool changed;
};

inline float flushed(float x) { return (std::bit_cast<uint32_t>(x) & 0x7f800000u) == 0 ? x * 0.0f : x; }
/// Into [0, 1]; what is not a number becomes 0.
template <class T> T clampedToOne(T x) { return x > 0 ? (x < 1 ? x : T(1)) : T(0); }

/// d = F(sources), with a result of type R and sources of types A.
template <class F, class R, class... A, size_t... k>
void applyRows(Warp &warp, const Instruction &i, std::index_sequence<k...>) {
  constexpr bool floats = std::is_floating_point_v<R>;
  auto *d = warp.row<R>(i.dst[0]);
  auto rows = [&](auto f) { f(warp.row<A>(i.src[k])...); };
  rows([&](auto *...s) {
    if constexpr (floats)
      if (i.flags & (Flush | Saturate | rounding)) {
        RoundedAs guard(i.flags);
        auto in = [&](auto x) {
          if constexpr (std::is_same_v<decltype(x), float>)
            return i.flags & Flush ? flushed(x) : x;
          else
            return x;
        };
        for (Mask rest = warp.active; rest; rest &= rest - 1) {
          int lane = std::countr_zero(rest);
          R x = in(R(F{}(in(valueOf<A>(s[lane]))...)));
          d[lane] = wordOf<R>(i.flags & Saturate ? clampedToOne(x) : x);
        }
        return;
      }
    each(warp.active, [=](int lane) { d[lane] = wordOf<R>(R(F{}(valueOf<A>(s[lane])...))); });
  });
}
template <class F, class R, class... A> void apply(Warp &warp, const Instruction &i) {
  applyRows<F, R, A...>(warp, i, std::index_sequence_for<A...>{});
}

/// Rows for functions of one, two or three values of a type whose result has that type.
template <class List, class F> void unary(Handlers &table, const std::string &name, List types, F) {
  forTypes(types, [&]<class T>(const std::string &type) { table[name + "." + type] = &apply<F, T, T>; });
}
template <class List, class F> void binary(Handlers &table, const std::string &name, List types, F) {
  forTypes(types, [&]<class T>(const std::string &type) { table[name + "." + type] = &apply<F, T, T, T>; });
}
template <class List, class F> void ternary(Handlers &table, const std::string &name, List types, F) {
  forTypes(types, [&]<class T>(const std::string &type) { table[name + "." + type] = &apply<F, T, T, T, T>; });
}

} // namespace ptx
