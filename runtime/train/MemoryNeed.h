// Estimates how much memory a training run takes at its peak, before it starts.
#pragma once

#include "runtime/data/Dataset.h"

namespace ganrt {

/// Bytes for each purpose.
struct MemoryNeed {
  uint64_t program = 0;    ///< code, libraries, threads
  uint64_t state = 0;      ///< parameters, running statistics, optimizer
  uint64_t checkpoint = 0; ///< the copy of the state to write, and the largest tensor that is reordered for it
  uint64_t step = 0;       ///< temporaries and inputs of the training graph
  uint64_t batches = 0;    ///< batches that are made ahead
  uint64_t pictures = 0;   ///< evaluation or pictures at the end of an epoch, whichever is larger
  uint64_t data = 0;       ///< images that stay in memory

  uint64_t total() const { return program + state + checkpoint + step + batches + pictures + data; }
};

/// `train` and `test` are the loaded parts of the data; empty parts give the need without data.
MemoryNeed memoryNeed(const gan_program &program, const Dataset &train, const Dataset &test);

} // namespace ganrt
