// Comparisons, and what is chosen by them. A predicate is one bit a lane, so a warp's predicate is a word of 32 bits
// and logic of predicates is logic of words.
#include "compiler/ptx/Handlers.h"

#include <cmath>

namespace ptx {
namespace {

/// The lanes of a mask for which something holds.
template <class F> Mask maskWhere(Mask active, F holds) {
  Mask result = 0;
  for (int lane = 0; lane < warpLanes; ++lane) // the others' values do no harm
    result |= Mask(holds(lane)) << lane;
  return result & active;
}

/// Comparisons of floats are false where a value is not a number; those with a "u" at the end are true there.
template <class T> Mask compareRows(Warp &warp, const Instruction &i) {
  const auto *a = warp.row<T>(i.src[0]), *b = warp.row<T>(i.src[1]);
  const bool flush = i.flags & Flush;
  auto where = [&](auto holds) {
    return maskWhere(warp.active, [&](int lane) {
      T x = valueOf<T>(a[lane]), y = valueOf<T>(b[lane]);
      if constexpr (std::is_same_v<T, float>)
        if (flush)
          return bool(holds(flushed(x), flushed(y)));
      return bool(holds(x, y));
    });
  };
  auto unordered = [](T x, T y) { return x != x || y != y; };
  switch (i.compare) {
  case Compare::EQ:
    return where([](T x, T y) { return x == y; });
  case Compare::NE:
    return where([](T x, T y) { return x < y || x > y; });
  case Compare::LT:
    return where([](T x, T y) { return x < y; });
  case Compare::LE:
    return where([](T x, T y) { return x <= y; });
  case Compare::GT:
    return where([](T x, T y) { return x > y; });
  case Compare::GE:
    return where([](T x, T y) { return x >= y; });
  case Compare::EQU:
    return where([](T x, T y) { return !(x < y || x > y); });
  case Compare::NEU:
    return where([](T x, T y) { return x != y; });
  case Compare::LTU:
    return where([](T x, T y) { return !(x >= y); });
  case Compare::LEU:
    return where([](T x, T y) { return !(x > y); });
  case Compare::GTU:
    return where([](T x, T y) { return !(x <= y); });
  case Compare::GEU:
    return where([](T x, T y) { return !(x < y); });
  case Compare::NUM:
    return where([&](T x, T y) { return !unordered(x, y); });
  case Compare::NANS:
    return where(unordered);
  }
  return 0;
}

/// A third source is a predicate that the result is combined with.
Mask combined(Warp &warp, const Instruction &i, Mask result) {
  switch (i.combine) {
  case Combine::None:
    return result;
  case Combine::And:
    return result & warp.source(i, 2);
  case Combine::Or:
    return result | warp.source(i, 2);
  case Combine::Xor:
    return result ^ warp.source(i, 2);
  }
  return result;
}

/// setp p|q: q is of the opposite comparison.
template <class T> void setPredicates(Warp &warp, const Instruction &i) {
  Mask result = compareRows<T>(warp, i), p = combined(warp, i, result), q = combined(warp, i, ~result);
  if (i.numDst > 1)
    warp.setMask(i.dst[1], q);
  warp.setMask(i.dst[0], p);
}

/// set: all ones, or 1.0, where it holds.
template <class T> void setValues(Warp &warp, const Instruction &i) {
  Mask result = combined(warp, i, compareRows<T>(warp, i));
  uint32_t one = i.type == Type::F32 ? std::bit_cast<uint32_t>(1.0f) : ~0u, *d = warp.row<uint32_t>(i.dst[0]);
  each(warp.active, [=](int lane) { d[lane] = result >> lane & 1 ? one : 0; });
}

template <class T> void select(Warp &warp, const Instruction &i) {
  auto *d = warp.row<T>(i.dst[0]);
  const auto *a = warp.row<T>(i.src[0]), *b = warp.row<T>(i.src[1]);
  Mask chosen = warp.source(i, 2);
  each(warp.active, [=](int lane) { d[lane] = chosen >> lane & 1 ? a[lane] : b[lane]; });
}

/// a where c is not negative; what is not a number is not.
template <class T, class C> void selectBySign(Warp &warp, const Instruction &i) {
  auto choose = [](T a, T b, C c) { return c >= 0 ? a : b; };
  apply<decltype(choose), T, T, T, C>(warp, i);
}

template <class T, class F> void testRow(Warp &warp, const Instruction &i) {
  const auto *a = warp.row<T>(i.src[0]);
  warp.setMask(i.dst[0], maskWhere(warp.active, [=](int lane) { return F{}(valueOf<T>(a[lane])); }));
}
template <class F> void test(Handlers &table, const std::string &name, F) {
  table["testp." + name + ".f32"] = &testRow<float, F>;
  table["testp." + name + ".f64"] = &testRow<double, F>;
}

template <class F> void logic(Handlers &table, const std::string &name, F) {
  table[name + ".pred"] = [](Warp &warp, const Instruction &i) {
    warp.setMask(i.dst[0], F{}(warp.source(i, 0), i.numSrc > 1 ? warp.source(i, 1) : 0));
  };
}

} // namespace

void addComparisons(Handlers &table) {
  auto compare = [&]<class T>(const std::string &type) {
    table["setp." + type] = &setPredicates<T>;
    table["set." + type] = &setValues<T>;
  };
  forTypes(Bits{}, compare);
  forTypes(Unsigned{}, compare);
  forTypes(Signed{}, compare);
  forTypes(Floats{}, compare);
  auto choose = [&]<class T>(const std::string &type) {
    table["selp." + type] = &select<T>;
    table["slct." + type + ".s32"] = &selectBySign<T, int32_t>;
    table["slct." + type + ".f32"] = &selectBySign<T, float>;
  };
  forTypes(Bits{}, choose);
  forTypes(Floats{}, choose);
  test(table, "finite", [](auto x) { return std::isfinite(x); });
  test(table, "infinite", [](auto x) { return std::isinf(x); });
  test(table, "number", [](auto x) { return !std::isnan(x); });
  test(table, "notanumber", [](auto x) { return std::isnan(x); });
  test(table, "normal", [](auto x) { return std::isnormal(x); });
  test(table, "subnormal", [](auto x) { return std::fpclassify(x) == FP_SUBNORMAL; });
  logic(table, "mov", [](Mask a, Mask) { return a; });
  logic(table, "not", [](Mask a, Mask) { return ~a; });
  logic(table, "and", [](Mask a, Mask b) { return a & b; });
  logic(table, "or", [](Mask a, Mask b) { return a | b; });
  logic(table, "xor", [](Mask a, Mask b) { return a ^ b; });
}

} // namespace ptx
