#include "runtime/Initialize.h"
#include "runtime/Layout.h"
#include "runtime/Random.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace ganrt {
namespace {

/// A matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2013), by Gram and Schmidt on a normal one.
std::vector<double> orthogonal(std::vector<double> m, size_t rows, size_t columns, double gain) {
  bool tall = rows > columns;
  size_t vectors = tall ? columns : rows, length = tall ? rows : columns;
  auto at = [&](size_t vector, size_t i) -> double & { return tall ? m[i * columns + vector] : m[vector * columns + i]; };
  for (size_t v = 0; v < vectors; ++v) {
    for (int pass = 0; pass < 2; ++pass) // the second pass takes off what rounding left
      for (size_t u = 0; u < v; ++u) {
        double dot = 0;
        for (size_t i = 0; i < length; ++i)
          dot += at(v, i) * at(u, i);
        for (size_t i = 0; i < length; ++i)
          at(v, i) -= dot * at(u, i);
      }
    double norm = 0;
    for (size_t i = 0; i < length; ++i)
      norm += at(v, i) * at(v, i);
    for (size_t i = 0; i < length; ++i)
      at(v, i) /= std::sqrt(norm);
  }
  for (double &x : m)
    x *= gain;
  return m;
}

} // namespace

std::vector<double> initialValues(const gan_state &state, uint64_t seed) {
  std::vector<double> values(elementsOf(state.layout));
  Stream s = stream(seed, std::string("init.") + state.name);
  auto uniform = [&](double lo, double hi) {
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = lo + (hi - lo) * uniformAt(s, i);
  };
  auto normal = [&](double mean, double deviation) {
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = mean + deviation * normalAt(s, i);
  };
  double in = double(std::max<int64_t>(state.fan_in, 1)), both = double(std::max<int64_t>(state.fan_in + state.fan_out, 1));
  double bound = 0;
  switch (state.init) {
  case GAN_INIT_CONSTANT:
    std::fill(values.begin(), values.end(), state.init_a);
    return values;
  case GAN_INIT_NORMAL:
    normal(state.init_a, state.init_b);
    return values;
  case GAN_INIT_UNIFORM:
    uniform(state.init_a, state.init_b);
    return values;
  case GAN_INIT_GLOROT_NORMAL:
    normal(0, std::sqrt(2 / both));
    return values;
  case GAN_INIT_HE_NORMAL:
    normal(0, state.init_a / std::sqrt(in));
    return values;
  case GAN_INIT_ORTHOGONAL: {
    normal(0, 1);
    size_t rows = state.layout.rank ? size_t(state.layout.shape[0]) : 1;
    return orthogonal(std::move(values), rows, elementsOf(state.layout) / rows, state.init_a);
  }
  case GAN_INIT_GLOROT_UNIFORM:
    bound = std::sqrt(6 / both);
    break;
  case GAN_INIT_HE_UNIFORM:
    bound = state.init_a * std::sqrt(3 / in);
    break;
  case GAN_INIT_TORCH_UNIFORM:
    bound = 1 / std::sqrt(in);
    break;
  }
  uniform(-bound, bound);
  return values;
}

} // namespace ganrt
