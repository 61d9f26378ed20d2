// The memory of a running kernel: global memory is the caller's, shared memory and local memory are the block's and its
// threads'. Every access is looked up in its space, so none leaves it, and its granules are marked (Shadow.h).
#pragma once

#include "tests/ptx/Shadow.h"
#include "tests/ptx/Traffic.h"

#include <cstring>

namespace ptx {

/// A range of addresses of global memory.
struct Range {
  uint64_t begin;
  size_t bytes;
  uint8_t *written;
  std::string name; ///< for messages
  Zeros<Granule> granules{};
};

/// An access of one lane, looked up.
struct Spot {
  uint8_t *place;
  Granule *granules; ///< null: not watched
  uint8_t *written;  ///< null: all is
};

class Memory {
public:
  Memory(const Module &module, const Kernel &kernel, const Launch &launch, Counts &counts);

  void startBlock() { time.firstOfBlock = ++time.now; }
  void passBarrier() { ++time.now; }

  /// A lane's address in its space; faults if it is outside or misaligned.
  template <Space space> Spot find(const Warp &warp, int lane, uint64_t address, size_t bytes) {
    if (address & (bytes - 1))
      warp.fault(lane, "misaligned", address);
    if constexpr (space == Space::Shared) {
      if (address < sharedBytes && sharedBytes - address >= bytes)
        return {shared.data() + address, sharedGranules.data() + (address >> sharedShift), nullptr};
    } else if constexpr (space == Space::Global) {
      if (last && last->bytes >= bytes && address - last->begin <= last->bytes - bytes)
        return inRange(address);
    }
    return findSlowly(warp, lane, space, address, bytes);
  }
  /// Marks a read of elements of a type.
  template <Space space, class T> void noteRead(const Warp &warp, int lane, uint64_t address, const Spot &spot) const {
    if (spot.written)
      checkWritten(warp, lane, address, spot, sizeof(T));
    if (!spot.granules)
      return;
    for (unsigned k = 0; k < sizeof(T) >> shift<space>(); ++k)
      if (Complaint wrong = space == Space::Shared ? spot.granules[k].readShared(threadOf(warp, lane), time)
                                                   : spot.granules[k].readGlobal(threadOf(warp, lane), time))
        warp.fault(lane, wrong, address + (k << shift<space>()));
  }
  /// Marks a write of one, before it is stored.
  template <Space space, class T>
  void noteWrite(const Warp &warp, int lane, uint64_t address, const Spot &spot, T value) const {
    if (spot.written)
      std::memset(spot.written, 1, sizeof(T));
    if (!spot.granules)
      return;
    bool changes = std::memcmp(spot.place, &value, sizeof(T)) != 0;
    for (unsigned k = 0; k < sizeof(T) >> shift<space>(); ++k)
      if (Complaint wrong = space == Space::Shared ? spot.granules[k].writeShared(threadOf(warp, lane), time)
                                                   : spot.granules[k].writeGlobal(threadOf(warp, lane), time, changes))
        warp.fault(lane, wrong, address + (k << shift<space>()));
  }
  /// The next element of a vector.
  template <Space space, class T> Spot after(const Spot &spot) const {
    return {spot.place + sizeof(T), spot.granules ? spot.granules + (sizeof(T) >> shift<space>()) : nullptr,
            spot.written ? spot.written + sizeof(T) : nullptr};
  }
  void count(bool load, Space space, const Addresses &addresses, Mask lanes, int bytes);

private:
  template <Space space> int shift() const { return space == Space::Shared ? sharedShift : globalShift; }
  static uint16_t threadOf(const Warp &warp, int lane) { return uint16_t(warp.first + lane); }
  /// The spot of an address that is in the range `last`.
  Spot inRange(uint64_t address) const {
    return {reinterpret_cast<uint8_t *>(uintptr_t(address)),
            last->granules ? last->granules.data() + ((address >> globalShift) - (last->begin >> globalShift))
                           : nullptr,
            last->written ? last->written + (address - last->begin) : nullptr};
  }
  Spot findSlowly(const Warp &warp, int lane, Space space, uint64_t address, size_t bytes);
  void checkWritten(const Warp &warp, int lane, uint64_t address, const Spot &spot, size_t bytes) const;
  Range *rangeOf(uint64_t address, size_t bytes);
  std::string outside(uint64_t address) const;
  void addRange(const uint8_t *begin, size_t bytes, uint8_t *written, std::string name);

  const Kernel &kernel;
  const Launch &launch;
  Counts &counts;
  Epochs time;
  std::vector<Range> ranges;    ///< by address
  Range *last = nullptr;        ///< where the last access was
  int sharedShift, globalShift; ///< bits of an address within a granule
  size_t sharedBytes;
  std::vector<uint8_t> params, shared, local;
  std::vector<Granule> sharedGranules;
};

} // namespace ptx
