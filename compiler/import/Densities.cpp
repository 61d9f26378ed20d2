// The formulas of densities, one kind of distribution after the other.
#include "compiler/import/Densities.h"

#include <cmath>
#include <numbers>

using namespace mlir;
using gan::dsl::OutputKind;

namespace gan {

static const double log2Pi = std::log(2 * std::numbers::pi);

Value logSoftmax(OpMaker &ops, Value logits) {
  int64_t last = tensorOf(logits).getRank() - 1;
  SmallVector<int64_t> rest;
  for (int64_t d = 0; d < last; ++d)
    rest.push_back(d);
  Value largest = ops.maximum(logits, last);
  largest = StopOp::create(ops.b, ops.loc, largest.getType(), largest); // it cancels in the derivative
  Value shifted = ops.sub(logits, ops.broadcast(largest, tensorOf(logits), rest));
  Value norm = ops.unary<LogOp>(ops.sum(ops.unary<ExpOp>(shifted), {last}));
  return ops.sub(shifted, ops.broadcast(norm, tensorOf(logits), rest));
}

Value argmax(OpMaker &ops, Value scores) {
  int64_t last = tensorOf(scores).getRank() - 1;
  return ArgMaxOp::create(ops.b, ops.loc, ops.f32(tensorOf(scores).getShape().drop_back()), scores,
                          ops.b.getDenseI64ArrayAttr({last}));
}

Value Densities::overSample(Value each) {
  SmallVector<int64_t> dims = OpMaker::sampleDims(each);
  return dims.empty() ? each : ops.sum(each, dims);
}

Value Densities::logVariance(const Distribution &q) {
  if (q.second)
    return q.second;
  if (std::optional<double> v = q.variance->literal())
    return ops.like(q.first, std::log(*v));
  return ops.unary<LogOp>(numbers.as(tensorOf(q.first), *q.variance));
}

Value Densities::logProb(const Distribution &q, Value v) { return overSample(logProbEach(q, v)); }

/// Bernoulli from logits: v l - log(1 + e^l), where v may lie between 0 and 1.
Value Densities::logProbEach(const Distribution &q, Value v) {
  if (q.kind == OutputKind::Bernoulli)
    return ops.sub(ops.mul(v, q.first), ops.unary<SoftplusOp>(q.first));
  if (q.kind == OutputKind::Categorical)
    return ops.mul(v, logSoftmax(ops, q.first));
  Value s = logVariance(q);
  Value scaled = ops.mul(ops.unary<SquareOp>(ops.sub(v, q.first)), ops.unary<ExpOp>(ops.unary<NegOp>(s)));
  return ops.scale(ops.add(ops.add(scaled, s), ops.like(s, log2Pi)), -0.5);
}

Value Densities::standardLogProb(Value v) {
  Value each = ops.scale(ops.add(ops.unary<SquareOp>(v), ops.like(v, log2Pi)), -0.5);
  return ops.sum(each, OpMaker::sampleDims(each));
}

Value Densities::divergence(const Distribution &q, const Distribution &p) {
  if (q.kind == OutputKind::Gaussian) {
    Value s = logVariance(q), variance = ops.unary<ExpOp>(s), t = logVariance(p);
    Value square = ops.add(variance, ops.unary<SquareOp>(ops.sub(q.first, p.first)));
    Value ratio = ops.mul(square, ops.unary<ExpOp>(ops.unary<NegOp>(t)));
    return ops.scale(ops.add(ops.sub(ops.sub(ratio, ops.like(s, 1)), s), t), 0.5);
  }
  if (q.kind == OutputKind::Bernoulli) {
    Value gap = ops.mul(ops.unary<SigmoidOp>(q.first), ops.sub(q.first, p.first));
    return ops.add(ops.sub(gap, ops.unary<SoftplusOp>(q.first)), ops.unary<SoftplusOp>(p.first));
  }
  Value s = logSoftmax(ops, q.first);
  return ops.mul(ops.unary<ExpOp>(s), ops.sub(s, logSoftmax(ops, p.first)));
}

Value Densities::divergenceFromStandard(const Distribution &q) {
  Value s = logVariance(q), variance = ops.unary<ExpOp>(s);
  Value square = ops.add(variance, ops.unary<SquareOp>(q.first));
  return ops.scale(ops.sub(ops.sub(square, ops.like(s, 1)), s), 0.5);
}

Value Densities::entropy(const Distribution &q) {
  if (q.kind == OutputKind::Gaussian) {
    Value s = logVariance(q);
    return ops.scale(ops.add(s, ops.like(s, 1 + log2Pi)), 0.5);
  }
  if (q.kind == OutputKind::Bernoulli)
    return ops.sub(ops.unary<SoftplusOp>(q.first), ops.mul(q.first, ops.unary<SigmoidOp>(q.first)));
  Value s = logSoftmax(ops, q.first);
  return ops.unary<NegOp>(ops.mul(ops.unary<ExpOp>(s), s));
}

Value Densities::expectation(const Distribution &q) {
  switch (q.kind) {
  case OutputKind::Bernoulli:
    return ops.unary<SigmoidOp>(q.first);
  case OutputKind::Categorical:
    return ops.unary<ExpOp>(logSoftmax(ops, q.first));
  default:
    return q.first;
  }
}

} // namespace gan
