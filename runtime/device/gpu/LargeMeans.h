// The means over ranks of a graph in fewer parts. The compiler cuts a gradient into parts of which a processor sends
// one while it computes the next. Cards do that at a hundred times the speed, and each sum begins with the time of some
// messages between them, so parts that lie side by side are put together.
#pragma once

#include "runtime/program.h"

#include <vector>

namespace ganrt {

/// Floats of a part, at most where it was put together: PyTorch's DistributedDataParallel takes 25 MiB, too.
inline constexpr uint64_t largePart = uint64_t(25) << 18;

/// gan_graph.collectives, of which neighbours are one where no call needs the first before the last is there, and both
/// belong to the same group of calls. In the order of `after_call`.
std::vector<gan_collective> largeMeans(const gan_graph &graph);

} // namespace ganrt
