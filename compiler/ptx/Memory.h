// The memory of a running kernel: global memory is the caller's, shared memory and local memory are the block's and its
// threads'. Every access is looked up in its space, so none leaves it, and its granules are marked (Shadow.h).
#pragma once

#include "compiler/ptx/Shadow.h"
#include "compiler/ptx/Traffic.h"

#include <cstring>

namespace ptx {

/// A range of addresses of global memory.
struct Range {
  uint64_t begin;
  size_t bytes;
  uint8_t *written;
  int number;                 ///< of the launch's buffers; then come the module's arrays
  Zeros<Granule> granules{};  ///< once it was touched, if races are looked for
  std::vector<bool> chunks{}; ///< of so many granules that it is known whether one was touched
  static constexpr int chunkShift = 10;
};

/// An access of one lane, looked up.
struct Spot {
  uint8_t *place;
  Granule *granules; ///< null: not watched
  uint8_t *written;  ///< null: all is
};

/// Memory where lanes need no look-up of their own.
struct Direct {
  uint64_t data = 0, written = 0; ///< what is added to an address for where its byte is on the host, and its note
  bool noted = false;             ///< there are notes
  static uint8_t *place(uint64_t address) { return reinterpret_cast<uint8_t *>(uintptr_t(address)); }
};

/// Whether one of `size` bytes is zero, without a loop.
template <size_t size> bool hasZeroByte(const uint8_t *bytes) {
  uint64_t word = ~uint64_t(0), ones = 0x0101010101010101;
  std::memcpy(&word, bytes, size);
  return ((word - ones) & ~word & (ones << 7)) != 0;
}

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
        return {shared.data() + address, sharedGranules ? sharedGranules + (address >> sharedShift) : nullptr, nullptr};
    } else if constexpr (space == Space::Global) {
      if (last && last->bytes >= bytes && address - last->begin <= last->bytes - bytes)
        return inRange(address);
    }
    return findSlowly(warp, lane, space, address, bytes);
  }
  /// If nobody watches the space, and all lanes have aligned addresses within shared memory, the parameters or one
  /// buffer, nothing has to be done for a single lane.
  template <Space space> bool directly(const Addresses &addresses, Mask lanes, size_t bytes, Direct &direct) {
    uint64_t begin = 0, size = 0;
    if (space == Space::Shared && !sharedGranules) {
      direct.data = hostAddress(shared.data());
      size = sharedBytes;
    } else if (space == Space::Param) {
      direct.data = hostAddress(params.data());
      size = params.size();
    } else if (space == Space::Global && !launch.globalRaces && lanes) {
      const Range *range = rangeOf(addresses[size_t(std::countr_zero(lanes))], bytes);
      if (!range)
        return false;
      direct.noted = range->written != nullptr;
      direct.written = hostAddress(range->written) - range->begin;
      begin = range->begin, size = range->bytes;
    }
    if (size < bytes)
      return false;
    uint64_t limit = size - bytes, outside = 0, low = 0; // an offset is at most `limit` if neither has the sign's bit
    each(lanes, [&](int lane) {
      uint64_t offset = addresses[size_t(lane)] - begin;
      outside |= offset | (limit - offset);
      low |= addresses[size_t(lane)];
    });
    return (outside >> 63) == 0 && (low & (bytes - 1)) == 0;
  }
  /// Marks a read of elements of a type.
  template <Space space, class T> void noteRead(const Warp &warp, int lane, uint64_t address, const Spot &spot) const {
    if (spot.written && hasZeroByte<sizeof(T)>(spot.written))
      unwritten(warp, lane, address, spot);
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
  /// Appends what the launch touched.
  void listTouched(std::vector<Touched> &list) const;

private:
  template <Space space> int shift() const { return space == Space::Shared ? sharedShift : globalShift; }
  static uint64_t hostAddress(const uint8_t *place) { return uint64_t(reinterpret_cast<uintptr_t>(place)); }
  static uint16_t threadOf(const Warp &warp, int lane) { return uint16_t(warp.first + lane); }
  /// The spot of an address that is in the range `last`.
  Spot inRange(uint64_t address) const {
    return {reinterpret_cast<uint8_t *>(uintptr_t(address)), last->granules ? granuleAt(address) : nullptr,
            last->written ? last->written + (address - last->begin) : nullptr};
  }
  Granule *granuleAt(uint64_t address) const {
    uint64_t index = (address >> globalShift) - (last->begin >> globalShift);
    if (launch.touched) // an access is aligned, so all of it is in one chunk
      last->chunks[(address >> globalShift >> Range::chunkShift) - (last->begin >> globalShift >> Range::chunkShift)] =
          true;
    return last->granules.data() + index;
  }
  Spot findSlowly(const Warp &warp, int lane, Space space, uint64_t address, size_t bytes);
  [[noreturn]] void unwritten(const Warp &warp, int lane, uint64_t address, const Spot &spot) const;
  Range *rangeOf(uint64_t address, size_t bytes);
  std::string outside(uint64_t address) const;
  void addRange(const uint8_t *begin, size_t bytes, uint8_t *written, int number);
  std::string nameOf(const Range &range) const;

  const Module &module;
  const Kernel &kernel;
  const Launch &launch;
  Counts &counts;
  Epochs time;
  std::vector<Range> ranges;    ///< by address
  Range *last = nullptr;        ///< where the last access was
  int sharedShift, globalShift; ///< bits of an address within a granule
  size_t sharedBytes;
  std::vector<uint8_t> params, shared, local;
  std::vector<Granule> sharedMarks;
  Granule *sharedGranules = nullptr; ///< null: shared memory is not watched
};

} // namespace ptx
