#include "runtime/device/ranks/Turns.h"

namespace ganrt {

void byTurns(Ranks *ranks, uint64_t parts, const std::function<std::string(uint64_t)> &make,
             const std::function<void(uint64_t, const std::string &)> &take) {
  auto size = uint64_t(ranks ? ranks->size() : 1), own = uint64_t(ranks ? ranks->rank() : 0);
  for (uint64_t first = 0; first < parts; first += size) {
    std::string mine = first + own < parts ? make(first + own) : "";
    if (!ranks) {
      take(first, mine);
      continue;
    }
    std::vector<std::string> all = ranks->gather(mine);
    for (uint64_t r = 0; r < size && first + r < parts; ++r)
      take(first + r, all[r]);
  }
}

} // namespace ganrt
