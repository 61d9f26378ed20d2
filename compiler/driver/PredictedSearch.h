// A search for a GPU's schedules where there is no GPU: rounds in which predictions (PredictKernel.h) stand in place of
// times.
#pragma once

#include "compiler/driver/PredictKernel.h"
#include "compiler/driver/Search.h"
#include "compiler/driver/StepProfile.h"

namespace gan {

class PredictedSearch : public Rounds {
public:
  PredictedSearch(const PredictOptions &options, std::function<void(const TuneTask &)> progress)
      : options(options), progress(std::move(progress)) {}

  bool round(TuneTask &task, Records &records, size_t most) override;

private:
  PredictOptions options;
  std::function<void(const TuneTask &)> progress;
};

/// A step as the predictions of its kernels' default schedules, or of those that are known to be better, have it: each
/// kernel as often as the graphs of training call it. Throws UserError if nothing can be predicted.
StepProfile predictedStep(const KernelSet &set, const Records &known, const TunedKernel &machine,
                          const PredictOptions &options);

} // namespace gan
