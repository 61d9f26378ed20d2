// What a trainer does after a kernel has faulted on a GPU. The process cannot use the GPU any more, so another one
// repeats the work call by call and names the kernel.
#pragma once

#include "runtime/base/Text.h"

#include <cstdint>

namespace ganrt {

/// The sentence about a fault that came by iteration `until` of a training run: with the kernel, if it faults again in
/// a new process that starts from the newest checkpoint; else with `fault`, which is what the driver said.
std::string explainFault(const std::string &run, uint64_t until, const std::string &fault);

/// Runs this program anew with the same words, call by call. Returns only if that is impossible, or if this process
/// already does it.
void repeatCallByCall(const char *self, const Words &words);

} // namespace ganrt
