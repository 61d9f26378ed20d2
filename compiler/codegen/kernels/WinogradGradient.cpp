// The weight gradient of a convolution by Winograd's transforms. A gradient of r taps over tiles of m points is a
// convolution with r outputs and m taps, so the sources have the same transform as in the forward pass, and the tiles
// of the result's gradient take the place of the weights. Products are summed over all tiles of all images, block by
// block of images, and the sums are transformed into taps at the end.
#include "compiler/codegen/kernels/ConvGeometry.h"
#include "compiler/codegen/kernels/HalideMath.h"
#include "compiler/codegen/kernels/Kernels.h"

using namespace mlir;

namespace gan {
namespace {

using Halide::Expr;

class WinogradGradientBuilder {
public:
  WinogradGradientBuilder(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule)
      : kernel(kernel), evaluator(evaluator), op(anchorOperation(kernel)), g(convGeometry(op)) {
    for (int i : {0, 1})
      axis[i] = TiledAxis(denseAxis(forwardAxis(g, i)), schedule.tile, true);
    s.channels = g.ci, s.results = g.co;
    images = schedule.byRows ? g.n : greatestDivisor(g.n, schedule.images);
    s.byRows = schedule.byRows;
    s.phases = axis[0].phases * axis[1].phases, s.classes = axis[0].classes * axis[1].classes;
    tilesOfImage = axis[0].tiles * axis[1].tiles;
    s.tiles = tilesOfImage * s.phases * images, s.blocks = g.n / images, s.images = images;
    s.spotsX = axis[1].spots(), s.spotsY = axis[0].spots();
    s.rows = int32_t(std::min<int64_t>(schedule.rows, s.channels)), s.columns = int32_t(schedule.columns);
  }

  WinogradGradientStages run() {
    data();
    gradient();
    product();
    taps();
    return s;
  }

private:
  /// Tiles of a block of images are numbered image by image, and within it phase by phase.
  Expr imageOf(const Expr &q) const { return s.block * images + q / (tilesOfImage * s.phases); }
  Expr phaseOf(const Expr &q, int i) const {
    Expr phase = q / tilesOfImage % s.phases;
    return i ? phase % axis[1].phases : phase / axis[1].phases;
  }
  /// The point of step `step` of a tile, within its phase.
  Expr pointOf(const Expr &q, int i, const Expr &step) const {
    Expr tile = i ? q % axis[1].tiles : q / axis[1].tiles % axis[0].tiles;
    return tile * axis[i].tile + step;
  }

  void data() {
    s.image(s.c, s.x, s.y, s.n) = padded(evaluator, g.x, s.n, s.y, s.x, Halide::min(s.c, s.channels - 1));
    auto at = [&](int i, const Expr &step) {
      Expr c = i ? s.which % axis[1].classes : s.which / axis[1].classes;
      return pointOf(s.q, i, step) * axis[i].step + axis[i].part(&DenseAxis::Part::base, phaseOf(s.q, i), c);
    };
    s.dataRows(s.c, s.which, s.a, s.b, s.q, s.block) =
        rowOf(axis[1].transform.data, s.a, [&](int32_t u) { return s.image(s.c, at(1, u), at(0, s.b), imageOf(s.q)); });
    s.data(s.c, s.which, s.q, s.a, s.b, s.block) =
        rowOf(axis[0].transform.data, s.b, [&](int32_t u) { return s.dataRows(s.c, s.which, s.a, u, s.q, s.block); });
  }

  /// Panels of `columns` results of the gradient's tiles. Points outside of the result are 0.
  void gradient() {
    Expr result = Halide::min(s.panel * s.columns + s.inner, s.results - 1);
    auto point = [&](const Expr &stepX, const Expr &stepY) {
      Expr at[2], valid = Halide::Internal::const_true();
      for (int i : {0, 1}) {
        at[i] = pointOf(s.q, i, i ? stepX : stepY) * axis[i].phases + phaseOf(s.q, i);
        if (axis[i].tiles * axis[i].tile * axis[i].phases != g.out[i])
          valid = valid && at[i] < g.out[i];
        at[i] = Halide::clamp(at[i], 0, g.out[i] - 1);
      }
      Expr v = evaluator.at(g.y, {imageOf(s.q), at[0], at[1], result});
      return Halide::select(valid, v, Halide::Internal::make_zero(v.type()));
    };
    s.gradientRows(s.inner, s.a, s.b, s.q, s.panel, s.block) =
        rowOf(axis[1].transform.taps, s.a, [&](int32_t u) { return point(u, s.b); });
    s.gradient(s.inner, s.q, s.a, s.b, s.panel, s.block) = rowOf(
        axis[0].transform.taps, s.b, [&](int32_t u) { return s.gradientRows(s.inner, s.a, u, s.q, s.panel, s.block); });
  }

  void product() {
    Halide::RDom r(0, s.tiles, "r"), b(0, s.blocks, "b");
    s.rq = r.x, s.rb = b.x;
    Expr c =
        s.channels % s.rows ? Halide::min(s.c, s.channels - 1) : Expr(s.c); // a register tile may extend over the end
    s.product(s.o, s.c, s.which, s.a, s.b, s.block) +=
        s.data(c, s.which, r.x, s.a, s.b, s.block) *
        s.gradient(s.o % s.columns, r.x, s.a, s.b, s.o / s.columns, s.block);
    if (s.byRows)
      s.sum(s.o, s.c, s.which, s.a, s.b) = s.product(s.o, s.c, s.which, s.a, s.b, 0);
    else
      s.sum(s.o, s.c, s.which, s.a, s.b) += s.product(s.o, s.c, s.which, s.a, s.b, b.x);
  }

  void taps() {
    s.tapRows(s.o, s.c, s.which, s.a, s.b) =
        rowOf(axis[1].transform.outputs, s.a, [&](int32_t u) { return s.sum(s.o, s.c, s.which, u, s.b); });
    s.taps(s.o, s.c, s.which, s.a, s.b) =
        rowOf(axis[0].transform.outputs, s.b, [&](int32_t u) { return s.tapRows(s.o, s.c, s.which, s.a, u); });
    // Kernel element first + t * kernelStep of class c, where the classes' first elements are 0, 1, ..
    Expr at[2], which[2];
    for (int i : {0, 1}) {
      Expr element = i ? s.tx : s.ty;
      at[i] = element / axis[i].kernelStep, which[i] = element % axis[i].kernelStep;
    }
    evaluator.define(op->getResult(0), [&](const Index &) -> Expr {
      return ieee::unknown(s.taps(s.o, s.c, which[0] * axis[1].classes + which[1], at[1], at[0]));
    });
    std::vector<Expr> results;
    for (Value value : kernel.getBody().front().getTerminator()->getOperands())
      results.push_back(evaluator.at(value, {s.ty, s.tx, s.c, s.o}));
    s.out(s.o, s.c, s.tx, s.ty) = Halide::Tuple(results);
    s.tapsX = axis[1].taps(), s.tapsY = axis[0].taps();
  }

  KernelOp kernel;
  Evaluator &evaluator;
  Operation *op;
  ConvGeometry g;
  TiledAxis axis[2];
  int32_t images, tilesOfImage;
  WinogradGradientStages s;
};

} // namespace

WinogradGradientStages buildWinogradGradient(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule) {
  return WinogradGradientBuilder(kernel, evaluator, schedule).run();
}

} // namespace gan
