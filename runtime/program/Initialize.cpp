#include "runtime/program/Initialize.h"
#include "runtime/device/Threads.h"
#include "runtime/program/Layout.h"
#include "runtime/program/Random.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace ganrt {
namespace {

/// A matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2013), made by Gram-Schmidt
/// orthogonalisation of a normal matrix.
std::vector<double> orthogonal(std::vector<double> m, size_t rows, size_t columns, double gain) {
  bool tall = rows > columns;
  size_t vectors = tall ? columns : rows, length = tall ? rows : columns;
  auto at = [&](size_t vector, size_t i) -> double & {
    return tall ? m[i * columns + vector] : m[vector * columns + i];
  };
  for (size_t v = 0; v < vectors; ++v) {
    for (int pass = 0; pass < 2; ++pass) // the second pass removes what rounding left
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

/// The centre of the values to draw, and their standard deviation if normal, otherwise half the width of their range.
struct Distribution {
  bool normal;
  double centre, scale;
};

Distribution distributionOf(const gan_state &state) {
  double in = double(std::max<int64_t>(state.fan_in, 1)),
         both = double(std::max<int64_t>(state.fan_in + state.fan_out, 1));
  switch (state.init) {
  case GAN_INIT_NORMAL:
    return {true, state.init_a, state.init_b};
  case GAN_INIT_UNIFORM:
    return {false, (state.init_a + state.init_b) / 2, (state.init_b - state.init_a) / 2};
  case GAN_INIT_GLOROT_NORMAL:
    return {true, 0, std::sqrt(2 / both)};
  case GAN_INIT_GLOROT_UNIFORM:
    return {false, 0, std::sqrt(6 / both)};
  case GAN_INIT_HE_NORMAL:
    return {true, 0, state.init_a / std::sqrt(in)};
  case GAN_INIT_HE_UNIFORM:
    return {false, 0, state.init_a * std::sqrt(3 / in)};
  case GAN_INIT_TORCH_UNIFORM:
    return {false, 0, 1 / std::sqrt(in)};
  default:
    return {true, 0, 1};
  }
}

void draw(const Distribution &d, const DrawKey &s, size_t first, double *out, size_t count) {
  if (d.normal)
    fillNormal(s, first, out, count);
  else
    fillUniform(s, first, out, count);
  for (size_t i = 0; i < count; ++i)
    out[i] = d.centre + d.scale * (d.normal ? out[i] : 2 * out[i] - 1);
}

/// Draws all numbers on all threads, some thousands at a time, and hands each lot to `take` with the place of its
/// first. A number depends on its place alone, so the threads leave no trace.
void drawInParallel(const Distribution &d, const DrawKey &s, size_t count,
                    const std::function<void(size_t first, const double *numbers, size_t length)> &take) {
  constexpr size_t lot = 4096, task = 16 * lot;
  inParallel((count + task - 1) / task, [&](size_t number) {
    double numbers[lot];
    size_t end = std::min(count, (number + 1) * task);
    for (size_t first = number * task; first < end; first += lot) {
      size_t length = std::min(lot, end - first);
      draw(d, s, first, numbers, length);
      take(first, numbers, length);
    }
  });
}

} // namespace

bool startsAtZero(const gan_state &state) { return state.init == GAN_INIT_CONSTANT && state.init_a == 0; }

void initialize(const gan_state &state, uint64_t seed, void *memory) {
  if (startsAtZero(state))
    return;
  size_t count = elementsOf(state.layout);
  if (state.init == GAN_INIT_CONSTANT) {
    toInside(state.layout, std::vector<double>(count, state.init_a).data(), memory);
    return;
  }
  // The moving average of a parameter starts as a copy of it, so it is drawn under the parameter's name.
  std::string name = state.name, copied = "average.";
  if (name.starts_with(copied))
    name = name.substr(copied.size());
  DrawKey s = drawKey(seed, "init." + name);
  Distribution d = distributionOf(state);
  if (state.init != GAN_INIT_ORTHOGONAL && state.init != GAN_INIT_UNIT_VECTOR) { // large models start quickly
    drawInParallel(d, s, count, [&](size_t first, const double *numbers, size_t length) {
      toInside(state.layout, first, numbers, length, memory);
    });
    return;
  }
  std::vector<double> values(count);
  drawInParallel(d, s, count, [&](size_t first, const double *numbers, size_t length) {
    std::copy_n(numbers, length, values.data() + first);
  });
  if (state.init == GAN_INIT_ORTHOGONAL) {
    size_t rows = state.layout.rank ? size_t(state.layout.shape[0]) : 1;
    values = orthogonal(std::move(values), rows, count / rows, state.init_a);
  }
  if (state.init == GAN_INIT_UNIT_VECTOR) {
    double squares = 0;
    for (double v : values)
      squares += v * v;
    for (double &v : values)
      v /= std::sqrt(squares);
  }
  toInside(state.layout, values.data(), memory);
}

} // namespace ganrt
