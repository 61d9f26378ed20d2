// An OpenCL device as a Gpu. A sequence is a list of commands for a queue that runs them in order.
#pragma once

#include "runtime/device/gpu/Gpu.h"

namespace ganrt {

/// Device number `index` of all platforms' devices; of the GPUs alone if `index` is negative, then the first. Throws
/// UserError if there is no such device or it cannot compute in double.
std::unique_ptr<Gpu> openOpenCl(int index);

} // namespace ganrt
