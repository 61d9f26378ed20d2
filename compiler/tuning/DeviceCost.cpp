#include "compiler/tuning/DeviceCost.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gan {
namespace {

constexpr CardNumbers cards[] = {
    {"sm_80", "A100", 108, 2048, 32, 164 << 10, 1.41, 2, 40, 1.94e12},
    {"sm_86", "RTX 3090", 82, 1536, 16, 100 << 10, 1.70, 4, 32, 0.936e12},
    {"sm_89", "RTX 4090", 128, 1536, 24, 100 << 10, 2.52, 4, 32, 1.01e12},
    {"sm_90", "H100", 132, 2048, 32, 228 << 10, 1.76, 4, 40, 3.35e12},
    {"sm_100", "B200", 148, 2048, 32, 228 << 10, 1.85, 4, 40, 8e12},
    {"sm_120", "RTX 5090", 170, 1536, 24, 100 << 10, 2.41, 4, 32, 1.79e12},
};

constexpr double schedulers = 4;        ///< of a multiprocessor, each of which starts an instruction in a cycle
constexpr double registerWords = 65536; ///< of a multiprocessor
constexpr double reserved = 1024;       ///< bytes of shared memory that a block takes beside its own
constexpr double between = 2.5;       ///< cycles between two instructions of a warp, on average: some follow on others
constexpr double memoryLatency = 600; ///< cycles until a load from global memory is there
constexpr double barrierCycles = 30;
constexpr double launchSeconds = 2e-6; ///< until the launch behind another one begins, in a graph
constexpr double reached = 0.85;       ///< of what memory can move at best

double up(double value, double step) { return std::ceil(value / step) * step; }

double warpsOf(const LaunchUse &l) { return std::ceil(double(l.threads) / 32); }

double secondsOf(const CardNumbers &card, const LaunchUse &l) {
  auto resident = double(residentBlocks(card, l));
  if (resident < 1)
    return INFINITY;
  double each = 1 / double(l.counted), instructions = l.instructions * each;
  // Cycles of a multiprocessor for a block, if others hide what it waits for.
  double busy = std::max({instructions / schedulers, l.multiplyAdds * each / card.multiplyAdds, l.passes * each,
                          l.sectors * each * 32 / card.bytesEachCycle});
  // Cycles until a block that is alone ends: its warps go on side by side, and wait for memory once between two
  // barriers that stand before and behind what was copied.
  double waits = 1 + l.barriers * each / 2;
  double alone = between * instructions / warpsOf(l) + waits * memoryLatency + l.barriers * each * barrierCycles;
  double blocks = std::ceil(double(l.blocks) / double(card.multiprocessors)), full = std::floor(blocks / resident);
  double rest = blocks - full * resident;
  double cycles = full * std::max(resident * busy, alone) + (rest > 0 ? std::max(rest * busy, alone) : 0);
  return cycles / (card.gigahertz * 1e9);
}

} // namespace

const CardNumbers &cardNumbers(const std::string &architecture) {
  int wanted = architecture.starts_with("sm_") ? atoi(architecture.c_str() + 3) : 0;
  const CardNumbers *found = cards;
  for (const CardNumbers &card : cards)
    if (atoi(card.architecture + 3) <= wanted)
      found = &card;
  return *found;
}

int64_t residentBlocks(const CardNumbers &card, const LaunchUse &l) {
  double warps = warpsOf(l), registers = up(double(std::max<int64_t>(16, l.registers)), 8) * 32 * warps;
  double most = std::min({double(card.mostBlocks), std::floor(double(card.mostThreads) / (32 * warps)),
                          std::floor(registerWords / registers),
                          std::floor(double(card.sharedBytes) / (double(l.shared) + reserved))});
  return int64_t(most);
}

double deviceSeconds(const CardNumbers &card, const std::vector<LaunchUse> &launches, double bytes) {
  double sum = launchSeconds * double(launches.size());
  for (const LaunchUse &l : launches)
    sum += secondsOf(card, l);
  return std::max(sum, bytes / (reached * card.memoryBytes));
}

int64_t likelyRegisters(int64_t rows, int64_t columns) {
  return std::min<int64_t>(255, 40 + rows * columns + 2 * (rows + columns));
}

} // namespace gan
