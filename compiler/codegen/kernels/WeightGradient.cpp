// A convolution's weight gradient: for each tap, the product of the shifted image and the result's gradient over all
// pixels. A block of images, or of rows of one image, is summed in registers, and blocks are summed in the task's
// memory. A task is a slab of input channels for one row of taps.
#include "compiler/codegen/kernels/ConvGeometry.h"
#include "compiler/codegen/kernels/HalideMath.h"
#include "compiler/codegen/kernels/Kernels.h"

using namespace mlir;

namespace gan {

using Halide::Expr;

WeightGradStages buildWeightGrad(KernelOp kernel, Evaluator &evaluator, const Schedule &schedule) {
  Operation *op = anchorOperation(kernel);
  ConvGeometry g = convGeometry(op);
  WeightGradStages s;
  s.byInput = schedule.algorithm == Algorithm::Points;
  int32_t images = greatestDivisor(g.n, schedule.images);
  int32_t lines = schedule.lines ? greatestDivisor(g.out[0], schedule.lines) : g.out[0];
  int32_t parts = g.out[0] / lines;
  s.ci = g.groupIn(), s.co = g.co, s.kh = g.kernel[0], s.kw = g.kernel[1];
  s.ow = g.out[1];
  int32_t width = s.byInput ? 1 : int32_t(schedule.columns);
  s.width = width;

  s.image(s.c, s.x, s.y, s.n) = padded(evaluator, g.x, s.n, s.y, s.x, Halide::min(s.c, g.ci - 1));
  s.gradient(s.inner, s.x, s.y, s.n, s.panel) =
      evaluator.at(g.y, {s.n, s.y, s.x, Halide::min(s.panel * width + s.inner, g.co - 1)});

  Halide::RDom r(0, g.out[1], 0, lines, 0, images, "r"), b(0, parts, 0, g.n / images, "b");
  Expr c = Halide::min(s.c, s.ci - 1); // a tile may extend over the end
  if (g.groups > 1)
    c = Halide::min(s.o, g.co - 1) / g.groupOut() * s.ci + c;
  Expr n = s.block * images + r.z, y = s.part * lines + r.y;
  s.inside(s.o, s.c, s.tx, s.ty, s.part, s.block) += s.image(c, r.x * g.stride[1] + s.tx * g.dilation[1] - g.pad[1],
                                                             y * g.stride[0] + s.ty * g.dilation[0] - g.pad[0], n) *
                                                     s.gradient(s.o % width, r.x, y, n, s.o / width);
  s.sum(s.o, s.c, s.tx, s.ty) += s.inside(s.o, s.c, s.tx, s.ty, b.x, b.y);
  s.rx = r.x, s.ry = r.y, s.rn = r.z, s.rp = b.x, s.rb = b.y;

  evaluator.define(op->getResult(0), [&](const Index &) -> Expr { return ieee::unknown(s.sum(s.o, s.c, s.tx, s.ty)); });
  std::vector<Expr> results;
  for (Value value : kernel.getBody().front().getTerminator()->getOperands())
    results.push_back(evaluator.at(value, {s.ty, s.tx, s.c, s.o}));
  s.out(s.o, s.c, s.tx, s.ty) = Halide::Tuple(results);
  return s;
}

} // namespace gan
