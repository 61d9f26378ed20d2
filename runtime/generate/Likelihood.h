// Estimates how likely data is under a model: by a bound from importance samples for models with an encoder, by a
// Parzen window on samples for models without one.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/program/Session.h"

namespace ganrt {

/// An estimate over a data set, of likelihoods in nats per image.
struct Estimate {
  double mean = 0, error = 0; ///< error: standard error of the mean; 0 for a single value
};
Estimate estimateOf(const std::vector<double> &values);

/// The mean over the data of log 1/k sum_i w_i, with w = p(x, z) / q(z | x) and z drawn from q (Burda et al. 2016); k =
/// 1 gives the evidence lower bound. Needs the likelihood graph. `done(batches)` is called between batches. `ranks` do
/// it together.
Estimate importanceWeighted(const Session &session, const Dataset &data, int64_t k,
                            const std::function<void(int64_t)> &done, Ranks *ranks = nullptr);

/// Points, one in each row.
struct Points {
  size_t count, size;
  std::vector<float> values;
};
/// The squared distance of two points of `size` numbers.
double squaredDistance(const float *x, const float *y, size_t size);

/// The density with a gaussian of standard deviation sigma around each sample (Breuleux et al. 2011; as in Goodfellow
/// et al. 2014). The estimate is the mean log density of `test`, with the sigma that is best on `validation` among 20
/// values from 0.01 to 1 times `range`.
struct Parzen {
  Estimate estimate;
  double sigma = 0;
};
Parzen parzenWindow(const Points &samples, const Points &validation, const Points &test, double range,
                    const std::function<void(int64_t)> &done, Ranks *ranks = nullptr);

/// The log density of each point of `at` for each of the standard deviations: (points, sigmas). The kernels' threads
/// compute them; only the calling thread calls `done`.
std::vector<double> parzenDensities(const Points &samples, const Points &at, const std::vector<double> &sigmas,
                                    const std::function<void(int64_t)> &done, Ranks *ranks = nullptr);

} // namespace ganrt
