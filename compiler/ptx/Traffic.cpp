// Counts without sets: neighbouring lanes mostly touch neighbouring sectors, and a bank has few words.
#include "compiler/ptx/Traffic.h"

#include <algorithm>

namespace ptx {
namespace {

constexpr uint64_t sectorBytes = 32, wordBytes = 4, banks = 32;

/// Mostly no bank has two words, and then nothing needs to be listed. False if that is not clear.
bool oneWordABank(const Addresses &addresses, Mask lanes, int bytes) {
  uint32_t taken = 0;
  uint64_t before = ~uint64_t(0);
  for (Mask rest = lanes; rest; rest &= rest - 1) {
    uint64_t word = addresses[size_t(std::countr_zero(rest))] / wordBytes;
    if (word == before)
      continue;
    before = word;
    uint32_t wanted = (bytes <= 4 ? 1u : bytes == 8 ? 3u : 15u) << word % banks; // aligned: never around the end
    if (taken & wanted || bytes > 16)
      return false;
    taken |= wanted;
  }
  return true;
}

/// Passes for some of the lanes: as many as the bank with the most words has words; lanes that want the same word are
/// served together.
int passesOfPart(const Addresses &addresses, Mask lanes, int bytes) {
  if (oneWordABank(addresses, lanes, bytes))
    return 1;
  std::array<std::array<uint64_t, warpLanes>, banks> words;
  std::array<uint8_t, banks> counts{};
  int most = 1;
  for (Mask rest = lanes; rest; rest &= rest - 1) {
    uint64_t address = addresses[size_t(std::countr_zero(rest))];
    for (uint64_t word = address / wordBytes; word <= (address + uint64_t(bytes) - 1) / wordBytes; ++word) {
      auto &bank = words[word % banks];
      uint8_t &count = counts[word % banks];
      if (std::find(bank.begin(), bank.begin() + count, word) != bank.begin() + count)
        continue;
      bank[count++] = word;
      most = std::max(most, int(count));
    }
  }
  return most;
}

} // namespace

int sectorsOf(const Addresses &addresses, Mask lanes, int bytes) {
  std::array<uint64_t, warpLanes * 2> sectors; // at most 32 aligned bytes a lane are one sector
  size_t count = 0;
  bool sorted = true;
  for (Mask rest = lanes; rest; rest &= rest - 1) {
    uint64_t address = addresses[size_t(std::countr_zero(rest))];
    for (uint64_t s = address / sectorBytes; s <= (address + uint64_t(bytes) - 1) / sectorBytes; ++s) {
      if (count && sectors[count - 1] == s)
        continue;
      sorted = sorted && (!count || sectors[count - 1] < s);
      sectors[count++] = s;
    }
  }
  if (sorted)
    return int(count);
  std::sort(sectors.begin(), sectors.begin() + count);
  return int(std::unique(sectors.begin(), sectors.begin() + count) - sectors.begin());
}

int passesOf(const Addresses &addresses, Mask lanes, int bytes) {
  int lanesAtOnce = bytes <= 4 ? 32 : bytes == 8 ? 16 : 8, passes = 0;
  for (int first = 0; first < warpLanes; first += lanesAtOnce)
    if (Mask part = lanes & (allLanes >> (32 - lanesAtOnce) << first))
      passes += passesOfPart(addresses, part, bytes);
  return passes;
}

} // namespace ptx
