// A classifier by ridge regression: linear in the numbers of a point, least squares on one-hot labels with a penalty on
// the weights (Hastie et al. 2009, sections 3.4 and 4.2). It is exact and has no draws, so that it always gives the
// same classes.
#pragma once

#include "runtime/generate/Likelihood.h"

#include <memory>

namespace ganrt {

class LinearClassifier {
public:
  /// Learns from points with labels 0 to classes - 1. The penalty is the one of 1e-3, 1e-2, .. 1e2 times count and mean
  /// variance of a number whose leave-one-out error is least. Takes time with the cube of the count.
  LinearClassifier(const Points &points, const std::vector<int32_t> &labels, size_t classes);
  ~LinearClassifier();

  /// The most likely class of each point.
  std::vector<int32_t> classesOf(const Points &points) const;
  /// The share of points whose class it finds.
  double accuracy(const Points &points, const std::vector<int32_t> &labels) const;

private:
  struct Fit;
  std::unique_ptr<Fit> fit;
};

} // namespace ganrt
