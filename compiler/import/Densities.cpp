// The formulas of densities, one kind of distribution after the other.
#include "compiler/import/Densities.h"
#include "compiler/Bug.h"
#include "compiler/import/Gamma.h"

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

Value Densities::second(const Distribution &q) {
  if (q.second)
    return q.second;
  const dsl::Number &given = *q.declared->given;
  if (std::optional<double> v = given.literal())
    return ops.like(q.first, std::log(*v));
  return ops.unary<LogOp>(numbers.as(tensorOf(q.first), given));
}

Value Densities::standardised(const Distribution &q, Value v) {
  return ops.mul(ops.sub(v, q.first), ops.unary<ExpOp>(ops.unary<NegOp>(second(q))));
}

Value Densities::logProb(const Distribution &q, Value v) { return overSample(logProbEach(q, v)); }

Value Densities::logProbEach(const Distribution &q, Value v) {
  switch (q.kind) {
  case OutputKind::Bernoulli: // from logits: v l - log(1 + e^l), where v may lie between 0 and 1
    return ops.sub(ops.mul(v, q.first), ops.unary<SoftplusOp>(q.first));
  case OutputKind::Categorical:
    return ops.mul(v, logSoftmax(ops, q.first));
  case OutputKind::Laplace:
    return ops.unary<NegOp>(
        ops.add(ops.add(ops.unary<AbsOp>(standardised(q, v)), second(q)), ops.like(v, std::numbers::ln2)));
  case OutputKind::Logistic:
    return q.declared && q.declared->pixels ? pixelLogProb(q, v) : logisticLogProb(q, v);
  case OutputKind::StudentT:
    return studentLogProb(q, v);
  case OutputKind::Poisson: // from log rates: v l - e^l - log v!
    return ops.sub(ops.sub(ops.mul(v, q.first), ops.unary<ExpOp>(q.first)), logGamma(ops, ops.add(v, ops.like(v, 1))));
  case OutputKind::NegativeBinomial:
    return negativeBinomialLogProb(q, v);
  default:
    break;
  }
  ensure(q.kind == OutputKind::Gaussian, "every distribution has its case");
  Value s = second(q);
  Value scaled = ops.mul(ops.unary<SquareOp>(ops.sub(v, q.first)), ops.unary<ExpOp>(ops.unary<NegOp>(s)));
  return ops.scale(ops.add(ops.add(scaled, s), ops.like(s, log2Pi)), -0.5);
}

/// -z - s - 2 log(1 + e^-z)
Value Densities::logisticLogProb(const Distribution &q, Value v) {
  Value z = standardised(q, v), tail = ops.scale(ops.unary<SoftplusOp>(ops.unary<NegOp>(z)), 2);
  return ops.unary<NegOp>(ops.add(ops.add(z, second(q)), tail));
}

/// The probability of a byte: that of the interval half a level to each side, or to infinity at the ends of the range
/// (Salimans et al. 2017). With a and b, the standardised ends of the interval, sigmoid(a) - sigmoid(b) is sigmoid(a)
/// sigmoid(-b) (1 - exp(b - a)), whose logarithm does not cancel; 1 - exp(-2 u) is 2 tanh(u) / (1 + tanh(u)).
Value Densities::pixelLogProb(const Distribution &q, Value v) {
  dsl::Range pixels = *q.declared->pixels;
  double half = (pixels.hi - pixels.lo) / 510;
  Value inverse = ops.unary<ExpOp>(ops.unary<NegOp>(second(q))), width = ops.scale(inverse, half);
  Value middle = ops.mul(ops.sub(v, q.first), inverse), zero = ops.like(v, 0);
  Value below = ops.unary<SoftplusOp>(ops.unary<NegOp>(ops.add(middle, width)));
  Value above = ops.unary<SoftplusOp>(ops.sub(middle, width)), t = ops.unary<TanhOp>(width);
  Value between = ops.unary<LogOp>(ops.div(ops.scale(t, 2), ops.add(t, ops.like(t, 1))));
  Value first = ops.binary<GtOp>(ops.like(v, pixels.lo + half), v);
  Value last = ops.binary<GtOp>(v, ops.like(v, pixels.hi - half));
  Value tails = ops.add(ops.select(last, zero, below), ops.select(first, zero, above));
  return ops.sub(ops.select(ops.add(first, last), zero, between), tails);
}

/// log Gamma((f + 1) / 2) - log Gamma(f / 2) - log(f pi) / 2 - s - (f + 1) / 2 log(1 + z^2 / f)
Value Densities::studentLogProb(const Distribution &q, Value v) {
  double f = q.declared->freedom;
  double constant = std::lgamma((f + 1) / 2) - std::lgamma(f / 2) - std::log(f * std::numbers::pi) / 2;
  Value square = ops.scale(ops.unary<SquareOp>(standardised(q, v)), 1 / f);
  Value tail = ops.scale(ops.unary<LogOp>(ops.add(square, ops.like(v, 1))), (f + 1) / 2);
  return ops.sub(ops.sub(ops.like(v, constant), second(q)), tail);
}

/// From logits l and counts r, as torch.distributions.NegativeBinomial: log Gamma(v + r) - log Gamma(r) - log v! + r
/// log sigmoid(-l) + v log sigmoid(l)
Value Densities::negativeBinomialLogProb(const Distribution &q, Value v) {
  Value r = ops.unary<ExpOp>(second(q)), one = ops.like(v, 1);
  Value ways = ops.sub(ops.sub(logGamma(ops, ops.add(v, r)), logGamma(ops, r)), logGamma(ops, ops.add(v, one)));
  Value failures = ops.mul(r, ops.unary<SoftplusOp>(q.first));
  Value successes = ops.mul(v, ops.unary<SoftplusOp>(ops.unary<NegOp>(q.first)));
  return ops.sub(ways, ops.add(failures, successes));
}

Value Densities::standardLogProb(OutputKind kind, Value v) {
  Value zero = ops.like(v, 0);
  if (kind != OutputKind::Gaussian)
    return logProb({kind, zero, zero}, v);
  Value each = ops.scale(ops.add(ops.unary<SquareOp>(v), ops.like(v, log2Pi)), -0.5);
  return ops.sum(each, OpMaker::sampleDims(each));
}

/// log(b_p / b_q) + |d| / b_p + b_q / b_p exp(-|d| / b_q) - 1, where d is the distance of the locations.
Value Densities::laplaceDivergence(const Distribution &q, const Distribution &p) {
  Value s = second(q), t = second(p), distance = ops.unary<AbsOp>(ops.sub(q.first, p.first));
  auto over = [&](Value logScale) { return ops.mul(distance, ops.unary<ExpOp>(ops.unary<NegOp>(logScale))); };
  Value inside = ops.unary<ExpOp>(ops.sub(ops.sub(s, t), over(s)));
  return ops.add(ops.sub(t, s), ops.sub(ops.add(over(t), inside), ops.like(s, 1)));
}

Value Densities::divergence(const Distribution &q, const Distribution &p) {
  if (q.kind == OutputKind::Laplace)
    return laplaceDivergence(q, p);
  if (q.kind == OutputKind::Poisson) // of log rates l and m: e^l (l - m) - e^l + e^m
    return ops.add(ops.mul(ops.unary<ExpOp>(q.first), ops.sub(ops.sub(q.first, p.first), ops.like(q.first, 1))),
                   ops.unary<ExpOp>(p.first));
  if (q.kind == OutputKind::Gaussian) {
    Value s = second(q), variance = ops.unary<ExpOp>(s), t = second(p);
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
  if (q.kind != OutputKind::Gaussian)
    return divergence(q, {q.kind, ops.like(q.first, 0), ops.like(q.first, 0)});
  Value s = second(q), variance = ops.unary<ExpOp>(s);
  Value square = ops.add(variance, ops.unary<SquareOp>(q.first));
  return ops.scale(ops.sub(ops.sub(square, ops.like(s, 1)), s), 0.5);
}

Value Densities::entropy(const Distribution &q) {
  auto logScalePlus = [&](double constant) { return ops.add(second(q), ops.like(q.first, constant)); };
  if (q.kind == OutputKind::Gaussian) {
    Value s = second(q);
    return ops.scale(ops.add(s, ops.like(s, 1 + log2Pi)), 0.5);
  }
  if (q.kind == OutputKind::Laplace)
    return logScalePlus(1 + std::numbers::ln2);
  if (q.kind == OutputKind::Logistic)
    return logScalePlus(2);
  if (q.kind == OutputKind::StudentT) {
    double f = q.declared->freedom, half = (f + 1) / 2;
    return logScalePlus(half * (digamma(half) - digamma(f / 2)) + std::log(f) / 2 + std::lgamma(f / 2) +
                        std::lgamma(0.5) - std::lgamma(half));
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
  case OutputKind::Poisson:
    return ops.unary<ExpOp>(q.first);
  case OutputKind::NegativeBinomial: // r p / (1 - p), where p = sigmoid(l)
    return ops.unary<ExpOp>(ops.add(second(q), q.first));
  default:
    return q.first;
  }
}

} // namespace gan
