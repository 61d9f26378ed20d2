#include "compiler/codegen/kernels/ConvGeometry.h"

#include <numeric>

using namespace mlir;

namespace gan {

template <class Op> static ConvGeometry geometry(Op op, Value x, Value w, Value y) {
  Tensor xt = tensorOf(x), wt = tensorOf(w), yt = tensorOf(y);
  ConvGeometry g{};
  g.x = x, g.w = w, g.y = y;
  g.n = int32_t(xt.getDimSize(0)), g.ci = int32_t(xt.getDimSize(3)), g.co = int32_t(yt.getDimSize(3));
  g.groups = int32_t(op.getGroups());
  for (int i : {0, 1}) {
    g.in[i] = int32_t(xt.getDimSize(i + 1)), g.out[i] = int32_t(yt.getDimSize(i + 1));
    g.kernel[i] = int32_t(wt.getDimSize(i));
    g.stride[i] = int32_t(op.getStride()[i]), g.pad[i] = int32_t(op.getPad()[i]);
    g.dilation[i] = int32_t(op.getDilation()[i]);
  }
  return g;
}

ConvGeometry convGeometry(Operation *op) {
  if (auto conv = dyn_cast<ConvOp>(op))
    return geometry(conv, conv.getLhs(), conv.getRhs(), conv.getResult());
  if (auto conv = dyn_cast<ConvInputGradOp>(op))
    return geometry(conv, conv.getResult(), conv.getRhs(), conv.getLhs());
  auto conv = cast<ConvWeightGradOp>(op);
  return geometry(conv, conv.getLhs(), conv.getResult(), conv.getRhs());
}

int32_t greatestDivisor(int32_t n, int64_t most) {
  auto divisor = int32_t(std::clamp<int64_t>(most, 1, n));
  while (n % divisor)
    --divisor;
  return divisor;
}

GatherAxis forwardAxis(const ConvGeometry &g, int i) {
  GatherAxis axis;
  axis.points = g.out[i];
  axis.sourceStep = g.stride[i], axis.tapStep = g.dilation[i];
  axis.firsts = {0}, axis.bases = {-g.pad[i]}, axis.counts = {g.kernel[i]};
  return axis;
}

GatherAxis inputGradAxis(const ConvGeometry &g, int i) {
  int32_t s = g.stride[i], d = g.dilation[i];
  GatherAxis axis;
  axis.phases = s, axis.points = (g.in[i] + s - 1) / s;
  axis.kernelStep = s / std::gcd(s, d), axis.tapStep = -(axis.kernelStep * d / s);
  for (int32_t phase = 0; phase < s; ++phase) {
    int32_t first = 0;
    while (first < s && (first * d - phase - g.pad[i]) % s)
      ++first;
    bool any = first < s && first < g.kernel[i];
    axis.firsts.push_back(any ? first : 0);
    axis.counts.push_back(any ? (g.kernel[i] - first + axis.kernelStep - 1) / axis.kernelStep : 0);
    axis.bases.push_back(any ? (phase + g.pad[i] - first * d) / s : 0);
  }
  return axis;
}

int32_t DenseAxis::taps() const {
  int32_t most = 1;
  for (const Part &part : parts)
    most = std::max(most, part.count);
  return most;
}

DenseAxis denseAxis(const GatherAxis &a) {
  int32_t tapStep = std::abs(a.tapStep), common = std::gcd(a.sourceStep, tapStep), split = tapStep / common;
  DenseAxis d;
  d.phases = a.phases * split, d.points = (a.points + split - 1) / split;
  d.classes = a.sourceStep / common, d.step = a.sourceStep * split;
  d.kernelStep = a.kernelStep * d.classes * (a.tapStep < 0 ? -1 : 1);
  for (int32_t shift = 0; shift < split; ++shift)
    for (int32_t phase = 0; phase < a.phases; ++phase)
      for (int32_t c = 0; c < d.classes; ++c) {
        DenseAxis::Part part{shift * a.sourceStep + a.bases[phase] + c * a.tapStep, a.firsts[phase] + c * a.kernelStep,
                             std::max(0, (a.counts[phase] - c + d.classes - 1) / d.classes)};
        if (a.tapStep < 0 && part.count) { // the last tap comes first
          part.base -= (part.count - 1) * d.step;
          part.first -= (part.count - 1) * d.kernelStep;
        }
        d.parts.push_back(part);
      }
  return d;
}

} // namespace gan
