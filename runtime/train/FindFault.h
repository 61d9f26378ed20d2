// Finds out which kernel of a training run faults on a GPU: the run is trained again from an earlier state, its last
// iterations call by call.
#pragma once

#include "runtime/data/TrainingData.h"
#include "runtime/train/NotFinite.h"

namespace ganrt {

/// Trains from the session's state up to and with iteration `replay.until`, then evaluates the test data and makes
/// `pictures` pictures of each kind, as at the ends of an epoch and of the run. Returns a sentence that names the
/// kernel which faulted; "" if none did. Afterwards the GPU can no longer be used by this process.
std::string findFault(const Replay &replay, const TrainingData &data, int64_t pictures);

} // namespace ganrt
