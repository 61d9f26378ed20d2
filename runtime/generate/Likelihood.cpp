#include "runtime/generate/Likelihood.h"
#include "runtime/data/Batches.h"
#include "runtime/device/Threads.h"
#include "runtime/device/ranks/Turns.h"

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

} // namespace

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

Estimate importanceWeighted(const Session &session, const Dataset &data, int64_t k,
                            const std::function<void(int64_t)> &done, Ranks *ranks) {
  Graph graph(session, *findGraph(session.program, GAN_GRAPH_LIKELIHOOD));
  auto batch = int64_t(session.program.batch);
  std::vector<double> weights(size_t(batch * k)), bounds;
  int64_t draw = 0;
  graph.observe({GAN_OBSERVE_METRIC}, [&](const gan_observation &, const void *memory) {
    for (int64_t i = 0; i < batch; ++i)
      weights[size_t(i * k + draw)] = double(static_cast<const float *>(memory)[i]);
  });
  auto bound = [&](uint64_t part) {
    std::vector<int64_t> indices;
    for (int64_t i = int64_t(part) * batch; i < std::min(int64_t(part + 1) * batch, data.count); ++i)
      indices.push_back(i);
    loadImages(data, indices, graph);
    for (draw = 0; draw < k; ++draw)
      graph.run({.iteration = 0, .draw = part * uint64_t(k) + uint64_t(draw)});
    std::vector<double> own;
    for (size_t i = 0; i < indices.size(); ++i)
      own.push_back(logSumExp(&weights[i * size_t(k)], size_t(k)) - std::log(double(k)));
    return bytesOfNumbers(own);
  };
  byTurns(ranks, uint64_t((data.count + batch - 1) / batch), bound, [&](uint64_t part, const std::string &bytes) {
    std::vector<double> own = numbersOfBytes<double>(bytes);
    bounds.insert(bounds.end(), own.begin(), own.end());
    done(int64_t(part) + 1);
  });
  return estimateOf(bounds);
}

/// The sum is split into 16 parts, so that the compiler can vectorise it.
double squaredDistance(const float *x, const float *y, size_t size) {
  float part[16] = {};
  size_t i = 0;
  for (; i + 16 <= size; i += 16)
    for (size_t j = 0; j < 16; ++j)
      part[j] += (x[i + j] - y[i + j]) * (x[i + j] - y[i + j]);
  double sum = 0;
  for (; i < size; ++i)
    sum += double(x[i] - y[i]) * double(x[i] - y[i]);
  for (float p : part)
    sum += double(p);
  return sum;
}

std::vector<double> parzenDensities(const Points &samples, const Points &at, const std::vector<double> &sigmas,
                                    const std::function<void(int64_t)> &done, Ranks *ranks) {
  std::vector<double> out;
  std::thread::id caller = std::this_thread::get_id();
  size_t parts = ranks ? size_t(ranks->size()) : 1;
  auto densities = [&](uint64_t part) {
    size_t first = at.count * part / parts, count = at.count * (part + 1) / parts - first;
    std::vector<double> own(count * sigmas.size());
    inParallel(count, [&](size_t i) {
      std::vector<double> distances(samples.count), exponents(samples.count);
      for (size_t j = 0; j < samples.count; ++j)
        distances[j] = squaredDistance(at.values.data() + (first + i) * at.size,
                                       samples.values.data() + j * samples.size, samples.size);
      for (size_t s = 0; s < sigmas.size(); ++s) {
        double scale = -0.5 / (sigmas[s] * sigmas[s]);
        for (size_t j = 0; j < samples.count; ++j)
          exponents[j] = scale * distances[j];
        own[i * sigmas.size() + s] = logSumExp(exponents.data(), samples.count) - std::log(double(samples.count)) -
                                     double(at.size) * std::log(sigmas[s] * std::sqrt(2 * std::numbers::pi));
      }
      if (std::this_thread::get_id() == caller)
        done(int64_t(first + i) + 1);
    });
    return bytesOfNumbers(own);
  };
  byTurns(ranks, parts, densities, [&](uint64_t, const std::string &bytes) {
    std::vector<double> own = numbersOfBytes<double>(bytes);
    out.insert(out.end(), own.begin(), own.end());
  });
  return out;
}

Parzen parzenWindow(const Points &samples, const Points &validation, const Points &test, double range,
                    const std::function<void(int64_t)> &done, Ranks *ranks) {
  constexpr size_t candidates = 20;
  std::vector<double> sigmas, means(candidates);
  for (size_t s = 0; s < candidates; ++s)
    sigmas.push_back(range * std::pow(10.0, -2 + 2 * double(s) / (candidates - 1)));
  std::vector<double> densities = parzenDensities(samples, validation, sigmas, done, ranks);
  for (size_t i = 0; i < densities.size(); ++i)
    means[i % candidates] += densities[i];
  Parzen best;
  best.sigma = sigmas[size_t(std::max_element(means.begin(), means.end()) - means.begin())];
  auto after = [&](int64_t points) { done(int64_t(validation.count) + points); };
  best.estimate = estimateOf(parzenDensities(samples, test, {best.sigma}, after, ranks));
  return best;
}

} // namespace ganrt
