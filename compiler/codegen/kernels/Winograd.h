// Winograd's transforms. F(m, r) gives m neighbouring outputs of a convolution with r taps by m + r - 1 products in
// place of m * r: inputs and taps are turned into values of polynomials at m + r - 1 points, which are multiplied point
// by point, and the outputs are read off the product polynomial.
#pragma once

#include "compiler/codegen/kernels/ConvGeometry.h"

#include "Halide.h"

#include <functional>
#include <vector>

namespace gan {

using Matrix = std::vector<std::vector<double>>;

/// y = outputs * ((data * x) .* (taps * w)), where x has m + r - 1 elements, w has r and y has m.
/// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, by the construction of Cook and
/// Toom. The points are those of Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution
/// for Deep Neural Networks", 2020.
struct WinogradTransform {
  Matrix data;    ///< (m + r - 1) x (m + r - 1)
  Matrix taps;    ///< (m + r - 1) x r
  Matrix outputs; ///< m x (m + r - 1)
};

/// The largest m + r - 1 for which there are points.
constexpr int32_t mostWinogradPoints = 8;

/// F(outputs, taps). With one output or one tap there is nothing to save and the transform multiplies directly.
WinogradTransform winogradTransform(int32_t outputs, int32_t taps);

/// Row `row` of matrix * vector, where the row is an expression; if it is a constant, only that row is left.
Halide::Expr rowOf(const Matrix &matrix, const Halide::Expr &row, const std::function<Halide::Expr(int32_t)> &vector);

/// One axis of a convolution, cut into tiles, and the transforms of a tile.
struct TiledAxis : DenseAxis {
  int32_t tile = 1, tiles = 1; ///< points of a tile; tiles of the longest phase
  WinogradTransform transform;
  TiledAxis() = default;
  /// With `gradient`, the taps are the outputs and the points of a tile are summed over.
  TiledAxis(const DenseAxis &axis, int64_t size, bool gradient = false);
  int32_t spots() const { return int32_t(transform.data.size()); } ///< points of the transform
  Halide::Expr part(int32_t Part::*member, const Halide::Expr &phase, const Halide::Expr &which) const;
};

} // namespace gan
