#include "compiler/codegen/kernels/Winograd.h"
#include "compiler/Bug.h"
#include "compiler/codegen/kernels/View.h"

namespace gan {
namespace {

using Halide::Expr;

/// The finite points of a transform, in the order in which they are taken; one more point is infinity. Small fractions
/// on both sides of 1 lose the fewest digits, and their powers are exact; up to three points are best without them.
const double *finitePoints(int32_t count) {
  static constexpr double few[] = {0, 1, -1}, many[] = {0, 0.75, -0.75, 1.5, -1.5, 0.375, -0.375};
  return count <= 3 ? few : many;
}

/// Coefficients of the product of (x - p) over the points, but for the point `without`; the constant comes first.
std::vector<double> polynomial(int32_t points, int32_t without) {
  std::vector<double> coefficients{1};
  for (int32_t i = 0; i < points; ++i) {
    if (i == without)
      continue;
    coefficients.push_back(0);
    for (size_t k = coefficients.size(); k-- > 0;)
      coefficients[k] = (k ? coefficients[k - 1] : 0) - finitePoints(points)[i] * coefficients[k];
  }
  return coefficients;
}

/// The powers 0 to `count` - 1 of a point, divided by `scale`; of infinity, the last power is 1 and the others are 0.
std::vector<double> powers(int32_t point, int32_t finite, int32_t count, double scale) {
  std::vector<double> row(size_t(count), 0.0);
  if (point == finite) {
    row.back() = 1;
    return row;
  }
  double power = 1;
  for (double &element : row) {
    element = power / scale;
    power *= finitePoints(finite)[point];
  }
  return row;
}

double at(const std::vector<double> &coefficients, double x) {
  double value = 0;
  for (size_t k = coefficients.size(); k-- > 0;)
    value = value * x + coefficients[k];
  return value;
}

Matrix identity(int32_t size) {
  Matrix m(size_t(size), std::vector<double>(size_t(size), 0.0));
  for (size_t i = 0; i < m.size(); ++i)
    m[i][i] = 1;
  return m;
}

/// `coefficient` times a term, added to `sum`, which is undefined at first.
Expr plus(const Expr &sum, double coefficient, const Expr &term) {
  bool negative = coefficient < 0;
  double size = negative ? -coefficient : coefficient;
  Expr scaled = size == 1 ? term : term * float(size);
  if (!sum.defined())
    return negative ? -scaled : scaled;
  return negative ? sum - scaled : sum + scaled;
}

} // namespace

WinogradTransform winogradTransform(int32_t outputs, int32_t taps) {
  int32_t n = outputs + taps - 1, finite = n - 1;
  if (taps == 1)
    return {identity(n), Matrix(size_t(n), {1.0}), identity(n)};
  if (outputs == 1)
    return {identity(n), identity(n), {std::vector<double>(size_t(n), 1.0)}};
  ensure(n <= mostWinogradPoints, "there are points for the transform");
  WinogradTransform t;
  t.outputs.assign(size_t(outputs), std::vector<double>(size_t(n), 0.0));
  for (int32_t point = 0; point < n; ++point) {
    bool last = point == finite;
    t.data.push_back(polynomial(finite, last ? -1 : point));
    t.data.back().resize(size_t(n), 0.0);
    double scale = last ? 1 : at(t.data.back(), finitePoints(finite)[point]);
    t.taps.push_back(powers(point, finite, taps, scale));
    std::vector<double> column = powers(point, finite, outputs, 1);
    for (size_t i = 0; i < t.outputs.size(); ++i)
      t.outputs[i][size_t(point)] = column[i];
  }
  return t;
}

Expr rowOf(const Matrix &matrix, const Expr &row, const std::function<Expr(int32_t)> &vector) {
  Expr result;
  for (size_t i = matrix.size(); i-- > 0;) {
    Expr sum;
    for (size_t k = 0; k < matrix[i].size(); ++k)
      if (matrix[i][k] != 0)
        sum = plus(sum, matrix[i][k], vector(int32_t(k)));
    result = result.defined() ? Halide::select(row == int32_t(i), sum, result) : sum;
  }
  return result;
}

TiledAxis::TiledAxis(const DenseAxis &axis, int64_t size, bool gradient) : DenseAxis(axis) {
  int32_t most = std::max(1, mostWinogradPoints + 1 - taps());
  tile = int32_t(std::clamp<int64_t>(size, 1, std::min(points, most)));
  tiles = (points + tile - 1) / tile;
  transform = gradient ? winogradTransform(taps(), tile) : winogradTransform(tile, taps());
}

Expr TiledAxis::part(int32_t Part::*member, const Expr &phase, const Expr &which) const {
  llvm::SmallVector<int32_t> table;
  for (const Part &part : parts)
    table.push_back(part.*member);
  return lookup(table, phase * classes + which);
}

} // namespace gan
