// What an access of a warp costs: sectors of global memory, passes of the banks of shared memory (see Counts).
#pragma once

#include "compiler/ptx/Warp.h"

namespace ptx {

using Addresses = std::array<uint64_t, warpLanes>;

/// How many sectors of 32 bytes the lanes touch.
int sectorsOf(const Addresses &addresses, Mask lanes, int bytes);
/// How many cycles the 32 banks need.
int passesOf(const Addresses &addresses, Mask lanes, int bytes);

} // namespace ptx
