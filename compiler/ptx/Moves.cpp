// Moves: whole registers, several packed into one and back, and addresses from one space to another.
#include "compiler/ptx/Handlers.h"
#include "compiler/ptx/Spaces.h"

namespace ptx {
namespace {

/// The bits of a lane of any register that isn't a predicate.
uint64_t bitsOf(Warp &warp, uint32_t slot, int bytes, int lane) {
  if (bytes == 8)
    return warp.row<uint64_t>(slot)[lane];
  return warp.row<uint32_t>(slot)[lane] & (bytes == 4 ? ~0u : (1u << 8 * bytes) - 1);
}
void setBits(Warp &warp, uint32_t slot, int bytes, int lane, uint64_t value) {
  if (bytes == 8)
    warp.row<uint64_t>(slot)[lane] = value;
  else
    warp.row<uint32_t>(slot)[lane] = uint32_t(value);
}

/// mov.b64 d, {a, b}: the first is the lowest.
void pack(Warp &warp, const Instruction &i) {
  if (i.numSrc == 2 && sizeOf(i.type) == 8) { // by far the most frequent
    auto both = [](uint32_t low, uint32_t high) { return low | uint64_t(high) << 32; };
    return apply<decltype(both), uint64_t, uint32_t, uint32_t>(warp, i);
  }
  int bytes = sizeOf(i.type), part = bytes / i.numSrc;
  for (Mask rest = warp.active; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    uint64_t value = 0;
    for (int k = 0; k < i.numSrc; ++k)
      value |= bitsOf(warp, i.src[size_t(k)], part, lane) << 8 * part * k;
    setBits(warp, i.dst[0], bytes, lane, value);
  }
}
void unpack(Warp &warp, const Instruction &i) {
  if (i.numDst == 2 && sizeOf(i.type) == 8) {
    uint32_t *low = warp.row<uint32_t>(i.dst[0]), *high = warp.row<uint32_t>(i.dst[1]);
    return each(warp.active, [=, s = warp.row<uint64_t>(i.src[0])](int lane) {
      low[lane] = uint32_t(s[lane]);
      high[lane] = uint32_t(s[lane] >> 32);
    });
  }
  int bytes = sizeOf(i.type), part = bytes / i.numDst;
  for (Mask rest = warp.active; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    uint64_t value = bitsOf(warp, i.src[0], bytes, lane);
    for (int k = 0; k < i.numDst; ++k)
      setBits(warp, i.dst[size_t(k)], part, lane, value >> 8 * part * k);
  }
}

template <Space space> void toGeneric(Warp &warp, const Instruction &i) {
  auto add = [](uint64_t address) { return address + windowOf(space); };
  apply<decltype(add), uint64_t, uint64_t>(warp, i);
}
template <Space space> void fromGeneric(Warp &warp, const Instruction &i) {
  auto subtract = [](uint64_t address) { return address - windowOf(space); };
  apply<decltype(subtract), uint64_t, uint64_t>(warp, i);
}
template <Space space> void isSpace(Warp &warp, const Instruction &i) {
  const uint64_t *a = warp.row<uint64_t>(i.src[0]);
  Mask result = 0;
  for (int lane = 0; lane < warpLanes; ++lane)
    result |= Mask(spaceOf(a[lane]) == space) << lane;
  warp.setMask(i.dst[0], result);
}

template <Space space> void addSpace(Handlers &table, const std::string &name) {
  table["cvta." + name + ".b64"] = &toGeneric<space>;
  table["cvta.to." + name + ".b64"] = &fromGeneric<space>;
  table["isspacep." + name] = &isSpace<space>;
}

} // namespace

void addMoves(Handlers &table) {
  unary(table, "mov", Bits{}, [](auto a) { return a; });
  unary(table, "mov", Floats{}, [](auto a) { return a; });
  for (const char *bits : {"16", "32", "64"})
    for (const char *letter : {"b", "u", "s", "f"}) {
      table[std::string("pack.") + letter + bits] = &pack;
      table[std::string("unpack.") + letter + bits] = &unpack;
    }
  addSpace<Space::Global>(table, "global");
  addSpace<Space::Shared>(table, "shared");
  addSpace<Space::Local>(table, "local");
  table["cvta.const.b64"] = &toGeneric<Space::Global>;
  table["cvta.to.const.b64"] = &fromGeneric<Space::Global>;
  table["nothing"] = [](Warp &, const Instruction &) {};
  table["trap"] = [](Warp &warp, const Instruction &) { warp.fault(std::countr_zero(warp.active), "a trap"); };
}

} // namespace ptx
