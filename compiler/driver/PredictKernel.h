// Predicts how long a GPU takes for a kernel under a schedule, where there is no GPU: the kernel is compiled, some of
// its blocks run on the PTX machine, which counts what they do, and NVIDIA's assembler tells registers if it is there.
#pragma once

#include "compiler/driver/Cache.h"
#include "compiler/driver/Stages.h"

namespace gan {

struct PredictOptions {
  DeviceTarget device; ///< CUDA; for its first architecture
  Cache cache;         ///< keeps predictions, because the same kernel and schedule have always the same
  unsigned jobs = 1;   ///< schedules that are looked at at once
  int64_t limit = 20;  ///< seconds for one of them
};

struct Prediction {
  double ms = 0;   ///< of a call; 0 if there is none
  std::string why; ///< there is none: a word of the records, "refused", "broken" or "late"
};

/// A prediction for each job under job.deviceSchedule. Throws UserError for trouble of the machine.
std::vector<Prediction> predictKernels(const std::vector<KernelJob> &jobs, const PredictOptions &options);

} // namespace gan
