// How likely a model finds data: a bound from importance samples for models with an encoder, a Parzen window on samples
// for those without.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/program/Session.h"

namespace ganrt {

/// An estimate over a data set, in nats an image.
struct Estimate {
  double mean = 0, error = 0; ///< error: standard error of the mean
};

/// mean over the data of log 1/k sum_i w_i, w = p(x, z) / q(z | x) with z drawn from q (Burda et al. 2016); k = 1 is
/// the evidence lower bound. Needs the likelihood graph. `done(batches)` is called between batches.
Estimate importanceWeighted(const Session &session, const Dataset &data, int64_t k,
                            const std::function<void(int64_t)> &done);

/// Points in rows.
struct Points {
  size_t count, size;
  std::vector<float> values;
};

/// A gaussian of deviation sigma around each sample (Breuleux et al. 2011; as in Goodfellow et al. 2014): mean log
/// density of `test`, with the sigma that is best on `validation`, out of 20 from 0.01 to 1 of `range`.
struct Parzen {
  Estimate estimate;
  double sigma = 0;
};
Parzen parzenWindow(const Points &samples, const Points &validation, const Points &test, double range,
                    const std::function<void(int64_t)> &done);

/// log density of each point of `at` for each of the deviations: (points, sigmas). The threads of kernels compute them;
/// `done` is called by the one that calls this.
std::vector<double> parzenDensities(const Points &samples, const Points &at, const std::vector<double> &sigmas,
                                    const std::function<void(int64_t)> &done);

} // namespace ganrt
