// Predicts how long a GPU takes for a kernel, from counts of what its blocks do: an interpreter of PTX runs a few of
// them and counts (compiler/ptx), the assembler tells registers. A multiprocessor holds some blocks at once. It is kept
// busy by whatever it does most of - instructions, multiply-adds, passes of shared memory, bytes from the second cache
// - as long as it holds enough warps; with few of them it waits for its memory instead. Times are rough. What matters
// is the ratio of two schedules of a kernel, and a ratio near 1 means nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gan {

/// What a kind of card can do. Sources: the table of compute capabilities in CUDA's programming guide, and data sheets.
struct CardNumbers {
  const char *architecture; ///< "sm_90": also for those that follow until the next one
  const char *card;         ///< whose data sheet it is
  int64_t multiprocessors;
  int64_t mostThreads, mostBlocks, sharedBytes; ///< of a multiprocessor at once
  double gigahertz;
  double multiplyAdds;   ///< of warps that a multiprocessor starts in a cycle
  double bytesEachCycle; ///< that it gets from the second cache
  double memoryBytes;    ///< that the card's memory moves in a second
};

/// The numbers for an architecture, "sm_89".
const CardNumbers &cardNumbers(const std::string &architecture);

/// A launch, of which some blocks were counted.
struct LaunchUse {
  int64_t blocks = 1, threads = 1; ///< of the grid, of a block
  int64_t registers = 0;           ///< of a thread
  int64_t shared = 0;              ///< bytes of a block
  int64_t counted = 1;             ///< blocks that these were counted in:
  double instructions = 0, multiplyAdds = 0, passes = 0, sectors = 0, barriers = 0; ///< see ptx::Counts
};

/// Seconds of a kernel that is these launches and moves at least so many bytes; infinite if a launch fits no card.
double deviceSeconds(const CardNumbers &card, const std::vector<LaunchUse> &launches, double bytes);

/// Blocks of a launch that a multiprocessor holds at once.
int64_t residentBlocks(const CardNumbers &card, const LaunchUse &launch);

/// Registers that a thread of a product with so many results takes, where no assembler tells.
int64_t likelyRegisters(int64_t rows, int64_t columns);

} // namespace gan
