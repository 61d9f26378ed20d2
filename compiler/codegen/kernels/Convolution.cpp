// Convolutions and their input gradients as gathers: a point of the result is a sum over taps and channels of a padded
// image. A task computes some images. It copies their padded source once, which is where the prologue is evaluated, and
// processes their points phase by phase, so that no tap has to be tested.
#include "compiler/codegen/kernels/ConvGeometry.h"
#include "compiler/codegen/kernels/HalideMath.h"
#include "compiler/codegen/kernels/Kernels.h"

using namespace mlir;

namespace gan {
namespace {

using Halide::Expr;

class WindowBuilder {
public:
  WindowBuilder(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule)
      : kernel(kernel), evaluator(evaluator), op(anchorOperation(kernel)), g(convGeometry(op)),
        forward(isa<ConvOp>(op)), source(forward ? g.x : g.y), vec(int32_t(schedule.vec)) {
    for (int i : {0, 1})
      axis[i] = forward ? forwardAxis(g, i) : inputGradAxis(g, i);
    channels = forward ? g.groupIn() : g.groupOut();
    groupWidth = forward ? g.groupOut() : g.groupIn();
    results = forward ? g.co : g.ci;
    s.pixels = schedule.algorithm == Algorithm::Points;
    s.lanes = s.pixels ? int32_t(schedule.vec) : 1;
    images = greatestDivisor(g.n, schedule.images);
    blocks = (axis[1].points + s.lanes - 1) / s.lanes;
    s.points = blocks * axis[0].points * images;
    s.tasks = g.n / images;
    s.rows = int32_t(std::min<int64_t>(schedule.rows, s.points));
    s.columns = int32_t(schedule.columns);
    s.channels = channels, s.sourceChannels = int32_t(tensorOf(source).getDimSize(3));
  }

  WindowStages run() {
    image();
    weights();
    product();
    out();
    return s;
  }

private:
  struct Point {
    Expr image, y, x;
  };
  /// The point within a phase that `q` (and the lane) denotes.
  Point pointOf(const Expr &q, const Expr &lane) const {
    return {q / (blocks * axis[0].points), q / blocks % axis[0].points,
            s.pixels ? q % blocks * s.lanes + lane : q % blocks};
  }
  Expr phaseOf(const Expr &phase, int i) const { return i ? phase % axis[1].phases : phase / axis[1].phases; }

  void image() { s.image(s.c, s.x, s.y, s.n) = padded(evaluator, source, s.n, s.y, s.x, s.c); }

  /// The weight of a result for a tap of a phase, and 0 for taps that the phase does not have.
  Expr weight(const Expr &result, const Expr &channel, const Expr &tx, const Expr &ty, const Expr &phase) const {
    Expr at[2], valid = Halide::Internal::const_true();
    for (int i : {0, 1}) {
      at[i] = lookup(axis[i].firsts, phaseOf(phase, i)) + (i ? tx : ty) * axis[i].kernelStep;
      if (axis[i].uneven())
        valid = valid && at[i] < g.kernel[i];
      at[i] = Halide::clamp(at[i], 0, g.kernel[i] - 1);
    }
    Expr v = forward ? evaluator.at(g.w, {at[0], at[1], channel, result})
                     : evaluator.at(g.w, {at[0], at[1], result % groupWidth, result / groupWidth * channels + channel});
    return Halide::select(valid, v, Halide::Internal::make_zero(v.type()));
  }

  /// Panels of `columns` results for each tap of each phase.
  void weights() {
    auto result = [&](const Expr &inner) { return Halide::min(s.panel * s.columns + inner, results - 1); };
    Expr v = weight(result(s.inner), s.c, s.tx, s.ty, s.phase);
    if (!forward && !s.pixels && g.groups == 1 && channels % vec == 0 && s.columns % vec == 0 &&
        canTranspose(vec, vec)) {
      Halide::Var io("io"), co("co");
      s.turned.emplace(vec, vec, std::vector<Halide::Var>{io, co, s.tx, s.ty, s.panel, s.phase},
                       [&](const Expr &column, const Expr &k) {
                         return weight(result(io * vec + column), co * vec + k, s.tx, s.ty, s.phase);
                       });
      v = s.turned->at(s.c % vec * vec + s.inner % vec, {s.inner / vec, s.c / vec, s.tx, s.ty, s.panel, s.phase});
    }
    s.weights(s.inner, s.c, s.tx, s.ty, s.panel, s.phase) = v;
  }

  void product() {
    Halide::RDom r(0, channels, 0, axis[1].taps(), 0, axis[0].taps(), "r");
    Expr at[2], taps[2] = {r.z, r.y};
    Point p = pointOf(Halide::min(s.q, s.points - 1), s.lane); // a tile may extend over the end
    for (int i : {0, 1}) {
      Expr phase = phaseOf(s.phase, i);
      at[i] = (i ? p.x : p.y) * axis[i].sourceStep + lookup(axis[i].bases, phase) + taps[i] * axis[i].tapStep;
      if (axis[i].uneven())
        r.where(taps[i] < lookup(axis[i].counts, phase));
    }
    Expr channel = r.x;
    if (g.groups > 1)
      channel = Halide::min(s.o, results - 1) / groupWidth * channels + r.x;
    Expr value = s.image(channel, at[1], at[0], s.task * images + p.image) *
                 s.weights(s.o % s.columns, r.x, r.y, r.z, s.o / s.columns, s.phase);
    s.rc = r.x, s.rx = r.y, s.ry = r.z;
    if (s.pixels)
      s.product(s.lane, s.o, s.q, s.phase, s.task) += value;
    else
      s.product(s.o, s.q, s.phase, s.task) += value;
  }

  /// The points are a reduction domain, so that phases and lanes are loops whatever the layout in memory is.
  void out() {
    int32_t phases = axis[0].phases * axis[1].phases, h = int32_t(tensorOf(op->getResult(0)).getDimSize(1)),
            w = int32_t(tensorOf(op->getResult(0)).getDimSize(2));
    Halide::RDom d(0, s.lanes, 0, s.points, 0, phases, 0, s.tasks, "d");
    s.dLane = d.x, s.dq = d.y, s.dPhase = d.z, s.dTask = d.w;
    s.phases = phases;
    Point p = pointOf(d.y, d.x);
    Expr y = p.y * axis[0].phases + phaseOf(d.z, 0), x = p.x * axis[1].phases + phaseOf(d.z, 1);
    if (axis[0].points * axis[0].phases != h)
      d.where(y < h);
    if (blocks * s.lanes * axis[1].phases != w)
      d.where(x < w);
    y = Halide::unsafe_promise_clamped(y, 0, h - 1);
    x = Halide::unsafe_promise_clamped(x, 0, w - 1);
    Expr n = d.w * images + p.image;
    evaluator.define(op->getResult(0), [&](const Index &) -> Expr {
      return ieee::unknown(s.pixels ? s.product(d.x, s.o, d.y, d.z, d.w) : s.product(s.o, d.y, d.z, d.w));
    });
    std::vector<Expr> values, nothing;
    for (Value v : kernel.getBody().front().getTerminator()->getOperands()) {
      values.push_back(evaluator.at(v, {n, y, x, s.o}));
      nothing.push_back(Halide::undef(values.back().type()));
    }
    s.out(s.o, s.x, s.y, s.n) = Halide::Tuple(nothing);
    s.out(s.o, x, y, n) = Halide::Tuple(values);
  }

  KernelOp kernel;
  Evaluator &evaluator;
  Operation *op;
  ConvGeometry g;
  bool forward;
  Value source;
  int32_t vec;
  GatherAxis axis[2];
  int32_t channels, groupWidth, results; ///< channels to sum over, results of a group, results of all groups
  int32_t images, blocks;                ///< images of a task; vectors in a row of points
  WindowStages s;
};

} // namespace

WindowStages buildWindow(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule) {
  return WindowBuilder(kernel, evaluator, schedule).run();
}

} // namespace gan
