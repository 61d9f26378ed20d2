// Tests the linear classifier against ridge regression worked out plainly: the penalty by leaving each point out in
// turn, and the classes that follow.
#include "runtime/generate/LinearClassifier.h"
#include "runtime/program/Random.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ganrt {
namespace {

/// Solves a x = b by elimination.
std::vector<double> solved(std::vector<std::vector<double>> a, std::vector<double> b) {
  for (size_t i = 0; i < b.size(); ++i)
    for (size_t r = i + 1; r < b.size(); ++r) {
      double factor = a[r][i] / a[i][i];
      for (size_t c = i; c < b.size(); ++c)
        a[r][c] -= factor * a[i][c];
      b[r] -= factor * b[i];
    }
  for (size_t i = b.size(); i-- > 0;) {
    for (size_t c = i + 1; c < b.size(); ++c)
      b[i] -= a[i][c] * b[c];
    b[i] /= a[i][i];
  }
  return b;
}

struct Plain {
  Points points;
  std::vector<int32_t> labels;
  size_t classes;
  size_t left = SIZE_MAX; ///< the point that is left out

  template <class Function> double mean(Function of) const {
    double sum = 0, count = 0;
    for (size_t i = 0; i < points.count; ++i)
      if (i != left)
        sum += of(i), ++count;
    return sum / count;
  }
  double x(size_t i, size_t k) const { return double(points.values[i * points.size + k]); }
  /// The score of a class at a point, with this penalty.
  double score(int32_t c, const std::vector<double> &at, double penalty) const {
    size_t d = points.size;
    std::vector<double> m(d), b(d);
    std::vector<std::vector<double>> a(d, std::vector<double>(d));
    double share = mean([&](size_t i) { return double(labels[i] == c); });
    for (size_t k = 0; k < d; ++k)
      m[k] = mean([&](size_t i) { return x(i, k); });
    for (size_t i = 0; i < points.count; ++i)
      for (size_t k = 0; k < d && i != left; ++k) {
        b[k] += (x(i, k) - m[k]) * (double(labels[i] == c) - share);
        for (size_t l = 0; l < d; ++l)
          a[k][l] += (x(i, k) - m[k]) * (x(i, l) - m[l]);
      }
    for (size_t k = 0; k < d; ++k)
      a[k][k] += penalty;
    std::vector<double> w = solved(a, b);
    for (size_t k = 0; k < d; ++k)
      share += w[k] * (at[k] - m[k]);
    return share;
  }
};

TEST(LinearClassifier, IsRidgeRegressionWithTheBestPenalty) {
  constexpr size_t count = 24, size = 3, classes = 3;
  DrawKey key = drawKey(5, "points");
  Plain plain{{count, size, {}}, {}, classes};
  for (size_t i = 0; i < count; ++i) {
    plain.labels.push_back(int32_t(i % classes));
    for (size_t k = 0; k < size; ++k)
      plain.points.values.push_back(normalAt(key, i * size + k) + 1.5f * float(i % classes == k));
  }
  auto row = [&](size_t i) { return std::vector<double>{plain.x(i, 0), plain.x(i, 1), plain.x(i, 2)}; };
  double scale = 0, best = 0, least = INFINITY;
  for (size_t k = 0; k < size; ++k) {
    double m = plain.mean([&](size_t i) { return plain.x(i, k); });
    scale += count * plain.mean([&](size_t i) { return std::pow(plain.x(i, k) - m, 2); }) / size;
  }
  for (double factor : {1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2}) {
    double error = 0;
    for (plain.left = 0; plain.left < count; ++plain.left)
      for (int32_t c = 0; c < int32_t(classes); ++c)
        error += std::pow(double(plain.labels[plain.left] == c) - plain.score(c, row(plain.left), factor * scale), 2);
    if (error < least)
      least = error, best = factor;
  }
  plain.left = SIZE_MAX;
  EXPECT_TRUE(best > 1e-3 && best < 1e2) << best; // else the choice would be untested
  LinearClassifier classifier(plain.points, plain.labels, classes);
  Points others{60, size, {}};
  for (size_t i = 0; i < others.count * size; ++i)
    others.values.push_back(2 * normalAt(drawKey(6, "others"), i));
  std::vector<int32_t> found = classifier.classesOf(others);
  for (size_t i = 0; i < others.count; ++i) {
    std::vector<double> at(others.values.begin() + int64_t(i * size), others.values.begin() + int64_t((i + 1) * size));
    int32_t expected = 0;
    for (int32_t c = 1; c < int32_t(classes); ++c)
      expected = plain.score(c, at, best * scale) > plain.score(expected, at, best * scale) ? c : expected;
    EXPECT_EQ(found[i], expected) << i;
  }
  EXPECT_GT(classifier.accuracy(plain.points, plain.labels), 0.6);
}

TEST(LinearClassifier, MoreNumbersThanPointsAndClassesThatAreMissing) {
  Points points{4, 50, std::vector<float>(200)};
  for (size_t i = 0; i < 4; ++i)
    points.values[i * 50 + i] = 1;
  LinearClassifier classifier(points, {4, 4, 1, 1}, 6);
  EXPECT_EQ(classifier.classesOf(points), (std::vector<int32_t>{4, 4, 1, 1}));
  Points same{3, 2, {1, 1, 1, 1, 1, 1}}; // nothing to learn but that one class is more frequent
  EXPECT_EQ(LinearClassifier(same, {1, 0, 1}, 2).classesOf(same), (std::vector<int32_t>{1, 1, 1}));
}

} // namespace
} // namespace ganrt
