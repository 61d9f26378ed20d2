// Measures the peak speed of the machine: fused multiply-adds per second with the widest vectors that it has.
#pragma once

namespace ganrt {

/// The GFLOP/s of `threads` threads that run independent chains of operations; the best of a few short runs.
double measuredPeak(int threads);

} // namespace ganrt
