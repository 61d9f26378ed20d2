// The machine's own limit, measured: fused multiply-adds per second of the widest vectors it has.
#pragma once

namespace ganrt {

/// GFLOP/s of `threads` threads running independent chains, the best of a few short runs.
double measuredPeak(int threads);

} // namespace ganrt
