// Measures of samples against data. All are sums in a fixed order, so that they do not depend on the number of threads.
#include "runtime/generate/Quality.h"
#include "runtime/device/Threads.h"

#include <algorithm>
#include <cmath>
#include <eigen3/Eigen/Eigenvalues>
#include <limits>

namespace ganrt {
namespace {

using Matrix = Eigen::MatrixXd;

/// The points as columns, without their mean, over sqrt(count - 1): the covariance is the product with the transpose.
Matrix centred(const Points &points, Eigen::VectorXd &mean) {
  auto size = Eigen::Index(points.size), count = Eigen::Index(points.count);
  Matrix out = Eigen::Map<const Eigen::MatrixXf>(points.values.data(), size, count).cast<double>();
  mean = out.rowwise().mean();
  out.colwise() -= mean;
  return out / std::sqrt(double(points.count) - 1);
}

/// The square roots of the eigenvalues of a symmetric matrix without negative ones, summed.
double sumOfRoots(const Matrix &symmetric) {
  Eigen::SelfAdjointEigenSolver<Matrix> solver(symmetric, Eigen::EigenvaluesOnly);
  return solver.eigenvalues().cwiseMax(0).cwiseSqrt().sum();
}

/// tr (C D)^(1/2) with C = A A^T and D = B B^T: the sum of the singular values of A^T B. Where there are fewer numbers
/// than points, C^(1/2) stands for A, which gives the same.
double crossTerm(const Matrix &a, const Matrix &b) {
  if (a.cols() < a.rows()) {
    Matrix product = a.transpose() * b;
    return sumOfRoots(product * product.transpose());
  }
  Eigen::SelfAdjointEigenSolver<Matrix> solver(a * a.transpose());
  Matrix root = solver.eigenvectors() * solver.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal() *
                solver.eigenvectors().transpose();
  Matrix product = root * b;
  return sumOfRoots(product * product.transpose());
}

/// The k-th smallest number of each row, and of the row's own point nothing if `own` (the diagonal).
std::vector<float> nearest(const std::vector<float> &distances, size_t rows, size_t columns, size_t k, bool own) {
  std::vector<float> out(rows);
  for (size_t i = 0; i < rows; ++i) {
    std::vector<float> row(distances.begin() + int64_t(i * columns), distances.begin() + int64_t((i + 1) * columns));
    if (own)
      row.erase(row.begin() + int64_t(i));
    size_t at = std::min(k, row.size()) - 1;
    std::nth_element(row.begin(), row.begin() + int64_t(at), row.end());
    out[i] = row[at];
  }
  return out;
}

double meanRoot(const std::vector<float> &squares) {
  double sum = 0;
  for (float s : squares)
    sum += std::sqrt(double(s));
  return sum / double(squares.size());
}

} // namespace

std::vector<float> squaredDistances(const Points &a, const Points &b) {
  std::vector<float> out(a.count * b.count);
  inParallel(a.count, [&](size_t i) {
    for (size_t j = 0; j < b.count; ++j)
      out[i * b.count + j] = float(squaredDistance(a.values.data() + i * a.size, b.values.data() + j * b.size, a.size));
  });
  return out;
}

double frechetDistance(const Points &a, const Points &b) {
  Eigen::VectorXd meanA, meanB;
  Matrix x = centred(a, meanA), y = centred(b, meanB);
  return (meanA - meanB).squaredNorm() + x.squaredNorm() + y.squaredNorm() - 2 * crossTerm(x, y);
}

Estimate kernelDistance(const Points &a, const Points &b) {
  constexpr size_t block = 1000;
  size_t blocks = std::max<size_t>(1, std::min(a.count, b.count) / block);
  auto size = Eigen::Index(a.size);
  std::vector<double> values;
  for (size_t k = 0; k < blocks; ++k) {
    size_t n = std::min(block, std::min(a.count, b.count) - k * block);
    auto part = [&](const Points &p) -> Matrix {
      return Eigen::Map<const Eigen::MatrixXf>(p.values.data() + k * block * p.size, size, Eigen::Index(n))
          .cast<double>();
    };
    Matrix x = part(a), y = part(b);
    auto kernel = [&](const Matrix &u, const Matrix &v) -> Matrix {
      return ((u.transpose() * v).array() / double(size) + 1).cube().matrix();
    };
    Matrix xx = kernel(x, x), yy = kernel(y, y);
    double pairs = double(n) * (double(n) - 1);
    values.push_back((xx.sum() - xx.trace() + yy.sum() - yy.trace()) / pairs -
                     2 * kernel(x, y).sum() / (double(n) * double(n)));
  }
  return estimateOf(values);
}

Coverage coverageOf(const Points &data, const Points &samples) {
  constexpr size_t manifold = 3, neighbours = 5; // as in the papers
  std::vector<float> real = squaredDistances(data, data), made = squaredDistances(samples, samples),
                     across = squaredDistances(samples, data);
  size_t n = data.count, m = samples.count;
  std::vector<float> realBall = nearest(real, n, n, manifold, true), madeBall = nearest(made, m, m, manifold, true),
                     wide = nearest(real, n, n, neighbours, true);
  Coverage out;
  std::vector<bool> reached(n), held(n);
  for (size_t j = 0; j < m; ++j) {
    bool inside = false;
    for (size_t i = 0; i < n; ++i) {
      float d = across[j * n + i];
      inside |= d <= realBall[i];
      reached[i] = reached[i] || d <= madeBall[j];
      held[i] = held[i] || d <= wide[i];
      out.density += d <= wide[i];
    }
    out.precision += inside;
  }
  out.precision /= double(m);
  out.density /= double(neighbours * m);
  out.recall = double(std::count(reached.begin(), reached.end(), true)) / double(n);
  out.coverage = double(std::count(held.begin(), held.end(), true)) / double(n);
  return out;
}

Spread spreadOf(const Points &data, const Points &samples) {
  std::vector<float> own = nearest(squaredDistances(samples, samples), samples.count, samples.count, 1, true);
  std::vector<float> real = nearest(squaredDistances(data, data), data.count, data.count, 1, true);
  std::vector<float> across = nearest(squaredDistances(samples, data), samples.count, data.count, 1, false);
  Spread out{meanRoot(own), meanRoot(real), meanRoot(across), 0};
  for (float s : own)
    out.doubles += std::sqrt(double(s)) < out.data / 100;
  return out;
}

} // namespace ganrt
