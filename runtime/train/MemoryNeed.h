// How much memory a training run takes at its peak, told before it starts.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// Bytes, by what they are for.
struct MemoryNeed {
  uint64_t program = 0;    ///< code, libraries, threads
  uint64_t state = 0;      ///< parameters, running statistics, optimizer
  uint64_t checkpoint = 0; ///< the copy of it that is written, and the largest tensor that is reordered for the file
  uint64_t step = 0;       ///< temporaries and inputs of the training graph
  uint64_t batches = 0;    ///< made ahead
  uint64_t pictures = 0;   ///< evaluation and pictures at the end of an epoch, the larger one
  uint64_t data = 0;       ///< images that are kept in memory

  uint64_t total() const { return program + state + checkpoint + step + batches + pictures + data; }
};

/// `data`: the parts that are loaded; empty ones for a need without them.
MemoryNeed memoryNeed(const gan_program &program, const Dataset &train, const Dataset &test);

} // namespace ganrt
