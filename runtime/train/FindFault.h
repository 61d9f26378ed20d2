// Finds out which kernel of a training run faults on a GPU: the run is trained again from an earlier state, its last
// iterations call by call.
#pragma once

#include "runtime/train/NotFinite.h"

namespace ganrt {

/// Trains from the session's state up to and with iteration `replay.until`, then evaluates `test`, as at the end of an
/// epoch. Returns a sentence that names the kernel which faulted; "" if none did. Afterwards the GPU can no longer be
/// used by this process.
std::string findFault(const Replay &replay, const Dataset &test);

} // namespace ganrt
