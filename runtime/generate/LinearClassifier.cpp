#include "runtime/generate/LinearClassifier.h"

#include <eigen3/Eigen/Eigenvalues>
#include <limits>

namespace ganrt {

using Matrix = Eigen::MatrixXd;

/// Weights in the space of points: (size, classes) beside the means of both.
struct LinearClassifier::Fit {
  Eigen::VectorXd mean;
  Eigen::RowVectorXd shares;
  Matrix weights;
};

static Matrix matrixOf(const Points &points) {
  return Eigen::Map<const Eigen::MatrixXf>(points.values.data(), Eigen::Index(points.size), Eigen::Index(points.count))
      .cast<double>();
}

LinearClassifier::LinearClassifier(const Points &points, const std::vector<int32_t> &labels, size_t classes)
    : fit(std::make_unique<Fit>()) {
  Matrix x = matrixOf(points); // a point is a column
  auto count = x.cols();
  fit->mean = x.rowwise().mean();
  x.colwise() -= fit->mean;
  Matrix y = Matrix::Zero(count, Eigen::Index(classes));
  for (Eigen::Index i = 0; i < count; ++i)
    y(i, labels[size_t(i)]) = 1;
  fit->shares = y.colwise().mean();
  y.rowwise() -= fit->shares;
  // With x^T x = U S U^T the fitted labels are U S / (S + penalty) U^T y, and leaving a point out divides its residual
  // by 1 - h, where h is that matrix's entry of the point and the mean's 1 / count.
  Eigen::SelfAdjointEigenSolver<Matrix> solver(x.transpose() * x);
  const Matrix &u = solver.eigenvectors();
  Eigen::VectorXd s = solver.eigenvalues().cwiseMax(0);
  Matrix turned = u.transpose() * y;
  double scale = std::max(x.squaredNorm() / double(x.rows()), 1e-30), best = 0,
         least = std::numeric_limits<double>::infinity();
  for (double factor : {1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2}) {
    Eigen::VectorXd kept = s.array() / (s.array() + factor * scale);
    Matrix residual = y - u * kept.asDiagonal() * turned;
    Eigen::VectorXd own = (u.array().square().matrix() * kept).array() + 1.0 / double(count);
    double error = 0;
    for (Eigen::Index i = 0; i < count; ++i)
      error += (residual.row(i) / std::max(1 - own(i), 1e-6)).squaredNorm();
    if (error < least)
      least = error, best = factor;
  }
  Eigen::VectorXd inverse = (s.array() + best * scale).inverse();
  fit->weights = x * (u * inverse.asDiagonal() * turned);
}

LinearClassifier::~LinearClassifier() = default;

std::vector<int32_t> LinearClassifier::classesOf(const Points &points) const {
  Matrix x = matrixOf(points);
  x.colwise() -= fit->mean;
  Matrix scores = x.transpose() * fit->weights;
  scores.rowwise() += fit->shares;
  std::vector<int32_t> out(points.count);
  for (size_t i = 0; i < out.size(); ++i) {
    Eigen::Index best = 0;
    scores.row(Eigen::Index(i)).maxCoeff(&best);
    out[i] = int32_t(best);
  }
  return out;
}

double LinearClassifier::accuracy(const Points &points, const std::vector<int32_t> &labels) const {
  std::vector<int32_t> found = classesOf(points);
  size_t right = 0;
  for (size_t i = 0; i < found.size(); ++i)
    right += found[i] == labels[i];
  return double(right) / double(found.size());
}

} // namespace ganrt
