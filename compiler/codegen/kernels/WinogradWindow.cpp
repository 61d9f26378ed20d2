// Convolutions and their input gradients by Winograd's transforms. The axes are first divided into phases and classes
// in which neighbouring points read neighbouring sources, so that any stride has a convolution of stride 1 in it. The
// result is cut into tiles of some points. A task transforms the sources of its tiles, multiplies them point by point
// of the transform with the transformed weights, and transforms the products back into its tiles.
#include "compiler/codegen/kernels/ConvGeometry.h"
#include "compiler/codegen/kernels/HalideMath.h"
#include "compiler/codegen/kernels/Kernels.h"
#include "compiler/codegen/kernels/Winograd.h"

using namespace mlir;

namespace gan {
namespace {

using Halide::Expr;

class WinogradBuilder {
public:
  WinogradBuilder(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule)
      : kernel(kernel), evaluator(evaluator), op(anchorOperation(kernel)), g(convGeometry(op)),
        forward(isa<ConvOp>(op)), source(forward ? g.x : g.y), vec(int32_t(schedule.vec)) {
    for (int i : {0, 1})
      axis[i] = TiledAxis(denseAxis(forward ? forwardAxis(g, i) : inputGradAxis(g, i)), schedule.tile);
    s.channels = forward ? g.ci : g.co, s.results = forward ? g.co : g.ci;
    images = s.images = greatestDivisor(g.n, schedule.images);
    s.byRows = schedule.byRows;
    lines = axis[0].tiles;
    if (schedule.lines && s.byRows)
      lines = greatestDivisor(axis[0].tiles, schedule.lines);
    s.tiles = axis[1].tiles * lines * images;
    s.bands = axis[0].tiles / lines, s.tasks = g.n / images * s.bands;
    s.classes = axis[0].classes * axis[1].classes, s.phases = axis[0].phases * axis[1].phases;
    s.spotsX = axis[1].spots(), s.spotsY = axis[0].spots();
    s.tileX = axis[1].tile, s.tileY = axis[0].tile;
    s.rows = int32_t(std::min<int64_t>(schedule.rows, s.tiles)), s.columns = int32_t(schedule.columns);
  }

  WinogradStages run() {
    data();
    taps();
    weights();
    product();
    outputs();
    return s;
  }

private:
  Expr phaseOf(const Expr &phase, int i) const { return i ? phase % axis[1].phases : phase / axis[1].phases; }
  /// An element of the parts of an axis, for a phase and a class of both axes.
  Expr partOf(int i, const Expr &phase, const Expr &which, int32_t DenseAxis::Part::*member) const {
    return axis[i].part(member, phaseOf(phase, i), i ? which % axis[1].classes : which / axis[1].classes);
  }
  /// The tile of a task that `q` denotes, along an axis.
  Expr tileOf(const Expr &q, const Expr &task, int i) const {
    return i ? q % axis[1].tiles : task % s.bands * lines + q / axis[1].tiles % lines;
  }
  Expr imageOf(const Expr &q, const Expr &task) const { return task / s.bands * images + q / (axis[1].tiles * lines); }

  /// Sources with zeros around them, which is where the prologue is evaluated, and their transform.
  void data() {
    s.image(s.c, s.x, s.y, s.n) = padded(evaluator, source, s.n, s.y, s.x, Halide::min(s.c, s.channels - 1));
    auto at = [&](int i, const Expr &step) {
      return (tileOf(s.q, s.task, i) * axis[i].tile + step) * axis[i].step +
             partOf(i, s.phase, s.which, &DenseAxis::Part::base);
    };
    s.dataRows(s.c, s.which, s.a, s.b, s.q, s.phase, s.task) = rowOf(axis[1].transform.data, s.a, [&](int32_t u) {
      return s.image(s.c, at(1, u), at(0, s.b), imageOf(s.q, s.task));
    });
    s.data(s.c, s.which, s.q, s.a, s.b, s.phase, s.task) = rowOf(
        axis[0].transform.data, s.b, [&](int32_t u) { return s.dataRows(s.c, s.which, s.a, u, s.q, s.phase, s.task); });
  }

  /// A weight of a result, and 0 for taps that a class does not have.
  Expr tap(const Expr &result, const Expr &channel, const Expr &which, const Expr &phase, const Expr &tx,
           const Expr &ty) const {
    Expr at[2], valid = Halide::Internal::const_true();
    for (int i : {0, 1}) {
      const Expr &t = i ? tx : ty;
      at[i] = partOf(i, phase, which, &DenseAxis::Part::first) + t * axis[i].kernelStep;
      valid = valid && t < partOf(i, phase, which, &DenseAxis::Part::count);
      at[i] = Halide::clamp(at[i], 0, g.kernel[i] - 1);
    }
    Expr v = evaluator.at(g.w, forward ? Index{at[0], at[1], channel, result} : Index{at[0], at[1], result, channel});
    return Halide::select(valid, v, Halide::Internal::make_zero(v.type()));
  }

  /// Weights in panels of `columns` results, whatever the order is in which they lie in memory.
  void taps() {
    auto result = [&](const Expr &inner) { return Halide::min(s.panel * s.columns + inner, s.results - 1); };
    if (forward || s.channels % vec || s.columns % vec || !canTranspose(vec, vec)) {
      s.taps(s.inner, s.c, s.tx, s.ty, s.which, s.panel, s.phase) =
          tap(result(s.inner), s.c, s.which, s.phase, s.tx, s.ty);
      return;
    }
    Halide::Var io("io"), co("co");
    s.turned.emplace(vec, vec, std::vector<Halide::Var>{io, co, s.tx, s.ty, s.which, s.panel, s.phase},
                     [&](const Expr &column, const Expr &k) {
                       return tap(result(io * vec + column), co * vec + k, s.which, s.phase, s.tx, s.ty);
                     });
    s.taps(s.inner, s.c, s.tx, s.ty, s.which, s.panel, s.phase) = s.turned->at(
        s.c % vec * vec + s.inner % vec, {s.inner / vec, s.c / vec, s.tx, s.ty, s.which, s.panel, s.phase});
  }

  void weights() {
    s.weightRows(s.inner, s.c, s.which, s.a, s.b, s.panel, s.phase) =
        rowOf(axis[1].transform.taps, s.a,
              [&](int32_t u) { return s.taps(s.inner, s.c, u, s.b, s.which, s.panel, s.phase); });
    s.weights(s.inner, s.c, s.which, s.a, s.b, s.panel, s.phase) = rowOf(axis[0].transform.taps, s.b, [&](int32_t u) {
      return s.weightRows(s.inner, s.c, s.which, s.a, u, s.panel, s.phase);
    });
  }

  void product() {
    Halide::RDom r(0, s.channels, 0, s.classes, "r");
    s.rc = r.x, s.rw = r.y;
    Expr q = s.tiles % s.rows ? Halide::min(s.q, s.tiles - 1) : Expr(s.q); // a register tile may extend over the end
    s.product(s.o, s.q, s.a, s.b, s.phase, s.task) +=
        s.data(r.x, r.y, q, s.a, s.b, s.phase, s.task) *
        s.weights(s.o % s.columns, r.x, r.y, s.a, s.b, s.o / s.columns, s.phase);
    s.spots(s.o, s.q, s.a, s.b, s.phase, s.task) = s.product(s.o, s.q, s.a, s.b, s.phase, s.task);
  }

  /// The points are a reduction domain, so that tiles and phases are loops whatever the layout in memory is.
  void outputs() {
    s.outputRows(s.o, s.i, s.b, s.q, s.phase, s.task) =
        rowOf(axis[1].transform.outputs, s.i, [&](int32_t u) { return s.spots(s.o, s.q, u, s.b, s.phase, s.task); });
    s.outputs(s.o, s.i, s.j, s.q, s.phase, s.task) = rowOf(
        axis[0].transform.outputs, s.j, [&](int32_t u) { return s.outputRows(s.o, s.i, u, s.q, s.phase, s.task); });
    int32_t h = int32_t(tensorOf(op->getResult(0)).getDimSize(1)),
            w = int32_t(tensorOf(op->getResult(0)).getDimSize(2));
    Halide::RDom d({{0, axis[1].tile}, {0, axis[0].tile}, {0, s.tiles}, {0, s.phases}, {0, s.tasks}}, "d");
    s.dx = d[0], s.dy = d[1], s.dq = d[2], s.dPhase = d[3], s.dTask = d[4];
    Expr at[2];
    for (int i : {0, 1}) {
      Expr point = tileOf(d[2], d[4], i) * axis[i].tile + d[i ? 0 : 1];
      at[i] = point * axis[i].phases + phaseOf(d[3], i);
      int32_t size = i ? w : h;
      if (axis[i].tiles * axis[i].tile * axis[i].phases != size)
        d.where(at[i] < size);
      at[i] = Halide::unsafe_promise_clamped(at[i], 0, size - 1);
    }
    evaluator.define(op->getResult(0), [&](const Index &) -> Expr {
      return ieee::unknown(s.outputs(s.o, d[0], d[1], d[2], d[3], d[4]));
    });
    std::vector<Expr> values, nothing;
    for (Value v : kernel.getBody().front().getTerminator()->getOperands()) {
      values.push_back(evaluator.at(v, {imageOf(d[2], d[4]), at[0], at[1], s.o}));
      nothing.push_back(Halide::undef(values.back().type()));
    }
    s.out(s.o, s.x, s.y, s.n) = Halide::Tuple(nothing);
    s.out(s.o, at[1], at[0], imageOf(d[2], d[4])) = Halide::Tuple(values);
  }

  KernelOp kernel;
  Evaluator &evaluator;
  Operation *op;
  ConvGeometry g;
  bool forward;
  Value source;
  int32_t vec;
  TiledAxis axis[2];
  int32_t images, lines; ///< of a task: images, and rows of tiles of each
  WinogradStages s;
};

} // namespace

WinogradStages buildWinograd(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule) {
  return WinogradBuilder(kernel, evaluator, schedule).run();
}

} // namespace gan
