#include "runtime/generate/Likelihood.h"
#include "runtime/data/Batches.h"
#include "runtime/device/Threads.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <thread>

namespace ganrt {
namespace {

/// log sum exp. The largest value is subtracted first, so that exp does not overflow.
double logSumExp(const double *values, size_t count) {
  double largest = *std::max_element(values, values + count), sum = 0;
  if (!std::isfinite(largest))
    return largest;
  for (size_t i = 0; i < count; ++i)
    sum += std::exp(values[i] - largest);
  return largest + std::log(sum);
}

Estimate estimateOf(const std::vector<double> &values) {
  Estimate e;
  for (double v : values)
    e.mean += v / double(values.size());
  double squares = 0;
  for (double v : values)
    squares += (v - e.mean) * (v - e.mean);
  if (values.size() > 1)
    e.error = std::sqrt(squares / double(values.size() - 1) / double(values.size()));
  return e;
}

} // namespace

Estimate importanceWeighted(const Session &session, const Dataset &data, int64_t k,
                            const std::function<void(int64_t)> &done) {
  Graph graph(session, *findGraph(session.program, GAN_GRAPH_LIKELIHOOD));
  auto batch = int64_t(session.program.batch);
  std::vector<double> weights(size_t(batch * k)), bounds;
  int64_t draw = 0;
  graph.observe({GAN_OBSERVE_METRIC}, [&](const gan_observation &, const void *memory) {
    for (int64_t i = 0; i < batch; ++i)
      weights[size_t(i * k + draw)] = double(static_cast<const float *>(memory)[i]);
  });
  for (int64_t first = 0; first < data.count; first += batch) {
    std::vector<int64_t> indices;
    for (int64_t i = first; i < std::min(first + batch, data.count); ++i)
      indices.push_back(i);
    loadImages(data, indices, graph);
    for (draw = 0; draw < k; ++draw)
      graph.run({.iteration = 0, .draw = uint64_t(first / batch * k + draw)});
    for (size_t i = 0; i < indices.size(); ++i)
      bounds.push_back(logSumExp(&weights[i * size_t(k)], size_t(k)) - std::log(double(k)));
    done(first / batch + 1);
  }
  return estimateOf(bounds);
}

namespace {

/// Squared distances of one point to all samples. The sum is split into 16 parts, so that the compiler can vectorise
/// it.
void squaredDistances(const Points &samples, const float *x, std::vector<double> &out) {
  for (size_t s = 0; s < samples.count; ++s) {
    const float *y = samples.values.data() + s * samples.size;
    float part[16] = {};
    size_t i = 0;
    for (; i + 16 <= samples.size; i += 16)
      for (size_t j = 0; j < 16; ++j)
        part[j] += (x[i + j] - y[i + j]) * (x[i + j] - y[i + j]);
    double sum = 0;
    for (; i < samples.size; ++i)
      sum += double(x[i] - y[i]) * double(x[i] - y[i]);
    for (float p : part)
      sum += double(p);
    out[s] = sum;
  }
}

} // namespace

std::vector<double> parzenDensities(const Points &samples, const Points &at, const std::vector<double> &sigmas,
                                    const std::function<void(int64_t)> &done) {
  std::vector<double> out(at.count * sigmas.size());
  std::thread::id caller = std::this_thread::get_id();
  inParallel(at.count, [&](size_t i) {
    std::vector<double> distances(samples.count), exponents(samples.count);
    squaredDistances(samples, at.values.data() + i * at.size, distances);
    for (size_t s = 0; s < sigmas.size(); ++s) {
      double scale = -0.5 / (sigmas[s] * sigmas[s]);
      for (size_t j = 0; j < samples.count; ++j)
        exponents[j] = scale * distances[j];
      out[i * sigmas.size() + s] = logSumExp(exponents.data(), samples.count) - std::log(double(samples.count)) -
                                   double(at.size) * std::log(sigmas[s] * std::sqrt(2 * std::numbers::pi));
    }
    if (std::this_thread::get_id() == caller)
      done(int64_t(i) + 1);
  });
  return out;
}

Parzen parzenWindow(const Points &samples, const Points &validation, const Points &test, double range,
                    const std::function<void(int64_t)> &done) {
  constexpr size_t candidates = 20;
  std::vector<double> sigmas, means(candidates);
  for (size_t s = 0; s < candidates; ++s)
    sigmas.push_back(range * std::pow(10.0, -2 + 2 * double(s) / (candidates - 1)));
  std::vector<double> densities = parzenDensities(samples, validation, sigmas, done);
  for (size_t i = 0; i < densities.size(); ++i)
    means[i % candidates] += densities[i];
  Parzen best;
  best.sigma = sigmas[size_t(std::max_element(means.begin(), means.end()) - means.begin())];
  auto after = [&](int64_t points) { done(int64_t(validation.count) + points); };
  best.estimate = estimateOf(parzenDensities(samples, test, {best.sigma}, after));
  return best;
}

} // namespace ganrt
