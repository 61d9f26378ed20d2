// An NVIDIA card as a Gpu. A sequence is a CUDA graph that is made node by node, so that calls which do not depend on
// each other run side by side.
#pragma once

#include "runtime/device/gpu/Gpu.h"

namespace ganrt {

/// Card number `index`. Throws UserError if there is no driver, it is too old, or there is no such card.
std::unique_ptr<Gpu> openCuda(int index);

} // namespace ganrt
