// A warp: 32 threads (lanes) that execute each instruction together. A register has a row of 32 values, one a lane, so
// that an instruction is a loop over a row, which the host's compiler makes vectors of. A slot is the number of a row;
// constants and special registers have rows too, so all operands are alike.
#pragma once

#include "compiler/ptx/Machine.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace ptx {

constexpr int warpLanes = 32;
/// A bit for each lane.
using Mask = uint32_t;
constexpr Mask allLanes = ~Mask(0);

/// An array of zeros whose pages the operating system gives when they are first touched.
template <class T> class Zeros {
public:
  Zeros() = default;
  explicit Zeros(size_t count) : memory(static_cast<T *>(std::calloc(count ? count : 1, sizeof(T)))) {
    if (!memory)
      throw std::bad_alloc();
  }
  T *data() const { return memory.get(); }
  explicit operator bool() const { return memory != nullptr; }

private:
  struct Free {
    void operator()(T *p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> memory;
};

class Memory;

/// What the warps of a block have in common.
struct Context {
  const Kernel &kernel;
  const Launch &launch;
  Memory &memory;
  std::array<int, 3> block; ///< its place in the grid
};

class Warp {
public:
  Warp(const Context &shared, int firstThread, size_t numSlots)
      : context(shared), first(firstThread), written(numSlots), narrow(numSlots * warpLanes),
        wide(numSlots * warpLanes) {}

  /// Values of up to 32 bits have rows of 32-bit words, larger ones of 64-bit words. What lies in a word beyond a
  /// register's width is never looked at.
  template <class T> auto *row(uint32_t slot) {
    if constexpr (sizeof(T) == 8)
      return wide.data() + size_t(slot) * warpLanes;
    else
      return narrow.data() + size_t(slot) * warpLanes;
  }
  /// A predicate, a bit for each lane.
  Mask &mask(uint32_t slot) { return narrow.data()[size_t(slot) * warpLanes]; }
  /// A predicate as source number `k` of an instruction.
  Mask source(const Instruction &i, int k) {
    return i.negated >> k & 1 ? ~mask(i.src[size_t(k)]) : mask(i.src[size_t(k)]);
  }
  /// Writes a predicate for the active lanes.
  void setMask(uint32_t slot, Mask value) { mask(slot) = (mask(slot) & ~active) | (value & active); }

  void clear(uint32_t slot) {
    std::fill_n(row<uint32_t>(slot), warpLanes, 0u);
    std::fill_n(row<uint64_t>(slot), warpLanes, uint64_t(0));
  }

  [[noreturn]] void fault(int lane, const std::string &reason, uint64_t address = 0) const;

  const Context &context;
  const int first;                       ///< the thread that is lane 0
  Mask active = 0;                       ///< lanes that execute the current instruction
  Mask live = 0, waiting = 0;            ///< lanes that have not returned; those that wait at a barrier
  uint32_t pc = 0;                       ///< of the current instruction
  std::array<uint32_t, warpLanes> pcs{}; ///< of the lanes that are not in the group that runs
  uint64_t executed = 0;
  std::vector<Mask> written; ///< for each slot the lanes that have a value

private:
  Zeros<uint32_t> narrow;
  Zeros<uint64_t> wide;
};

/// The bits of a row's word as a number, and back.
template <class T, class Word> T valueOf(Word word) {
  if constexpr (std::is_floating_point_v<T>)
    return std::bit_cast<T>(word);
  else
    return T(word);
}
template <class T> auto wordOf(T value) {
  if constexpr (std::is_same_v<T, float>)
    return std::bit_cast<uint32_t>(value);
  else if constexpr (std::is_same_v<T, double>)
    return std::bit_cast<uint64_t>(value);
  else if constexpr (sizeof(T) == 8)
    return uint64_t(value);
  else
    return uint32_t(value);
}

// Lanes do not depend on each other, even where a row is source and destination: gcc makes vectors only if told so.
#ifdef __clang__
#define PTX_LANES_ARE_INDEPENDENT
#else
#define PTX_LANES_ARE_INDEPENDENT _Pragma("GCC ivdep")
#endif

/// Calls f(lane) for the lanes of a mask.
template <class F> inline void each(Mask active, F f) {
  if (active == allLanes) {
    PTX_LANES_ARE_INDEPENDENT
    for (int lane = 0; lane < warpLanes; ++lane)
      f(lane);
  } else {
    for (Mask rest = active; rest; rest &= rest - 1)
      f(std::countr_zero(rest));
  }
}

} // namespace ptx
