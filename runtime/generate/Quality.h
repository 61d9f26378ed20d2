// How far a set of points (images, or features of them) lies from another one: measures of samples against data.
#pragma once

#include "runtime/generate/Likelihood.h"

namespace ganrt {

/// The Frechet distance of two normal distributions with the means and covariances of the sets (Heusel et al. 2017,
/// eq. 6): |m - n|^2 + tr(C + D - 2 (C D)^(1/2)), covariances over count - 1. Each set needs two points.
double frechetDistance(const Points &a, const Points &b);

/// The unbiased estimate of the squared maximum mean discrepancy under the kernel (x y / size + 1)^3 (Binkowski et al.
/// 2018, eq. 4): the mean over disjoint blocks of at most 1000 points of each set, and its standard error (0 for a
/// single block).
Estimate kernelDistance(const Points &a, const Points &b);

/// How the samples cover the data and the data the samples, by balls around points that reach to their k-th neighbours.
struct Coverage {
  double precision = 0; ///< share of samples inside a ball of the data (Kynkaanniemi et al. 2019, k = 3)
  double recall = 0;    ///< share of the data inside a ball of the samples
  double density = 0;   ///< balls of the data that a sample lies in, over k (Naeem et al. 2020, k = 5)
  double coverage = 0;  ///< share of the data whose ball holds a sample (k = 5)
};
Coverage coverageOf(const Points &data, const Points &samples);

/// Distances that tell of collapse (samples alike) and of copies of the data. Means over the points.
struct Spread {
  double samples = 0;  ///< from a sample to its nearest other sample
  double data = 0;     ///< from a point of the data to its nearest other one
  double between = 0;  ///< from a sample to the nearest point of the data
  int64_t doubles = 0; ///< samples that lie nearer to another one than a hundredth of `data`
};
Spread spreadOf(const Points &data, const Points &samples);

/// Squared distances of each point of `a` to each of `b`: (a.count, b.count). The kernels' threads compute them.
std::vector<float> squaredDistances(const Points &a, const Points &b);

} // namespace ganrt
