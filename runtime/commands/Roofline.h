// Measures what the machine can do at best, and tells how long a kernel must take at least.
#pragma once

#include "runtime/program.h"

#include <vector>

namespace ganrt {

/// The GFLOP/s of `threads` threads that run independent chains of fused multiply-adds with the widest vectors that the
/// machine has. It is the best of many short runs, so that a moment in which others use the machine does not lower it.
double measuredPeak(int threads);

/// How fast memory of a certain size is read and written over and over: a small one lies in a cache.
struct Bandwidth {
  double bytes;           ///< in all threads together
  double bytesEachSecond; ///< read and written
};

/// For some sizes, the smallest first. Never less for a smaller one; the best of several runs each.
std::vector<Bandwidth> measuredBandwidths(int threads);

/// What the machine can do at best.
struct Roofline {
  double flopsEachSecond;
  std::vector<Bandwidth> bandwidths;

  /// The fastest that a kernel with so many bytes can have them: they may lie in the cache that is large enough.
  double bandwidthFor(double bytes) const;
  /// Seconds that the operations of a call take at least, and that its bytes do.
  double secondsOfFlops(const gan_kernel &kernel) const { return kernel.flops / flopsEachSecond; }
  double secondsOfBytes(const gan_kernel &kernel) const { return kernel.bytes / bandwidthFor(kernel.bytes); }
  /// The larger of both: no schedule of the kernel is faster, as long as it needs as many operations.
  double bound(const gan_kernel &kernel) const;
};

Roofline measuredRoofline(int threads);

} // namespace ganrt
