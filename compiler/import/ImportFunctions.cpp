// Functions of expressions. Densities are computed from logits and log variances, because that is numerically stable.
#include "compiler/Bug.h"
#include "compiler/import/Importer.h"
#include "dsl/Tables.h"

#include <cmath>
#include <numbers>

using namespace mlir;
using gan::dsl::Function;
using gan::dsl::OutputKind;

namespace gan {

static const double log2Pi = std::log(2 * std::numbers::pi);

Distribution Importer::call(const dsl::Expr &e) {
  switch (e.function) {
  case Function::LogProb:
    return {{}, logProb(e), {}};
  case Function::Correct: {
    Value a = argmax(evaluate(*e.args[0]).first), b = argmax(value(*e.args[1]));
    return {{}, ops.binary<EqOp>(a, b), {}};
  }
  case Function::Kl:
  case Function::KlEach:
    return {{}, divergence(e), {}};
  case Function::Entropy:
    return {{}, entropy(e), {}};
  case Function::Expectation:
    return {{}, expectation(evaluate(*e.args[0])), {}};
  case Function::Sample:
    return {{}, sample(e), {}};
  case Function::Grad:
    return {{}, gradient(e), {}};
  case Function::Sum:
    return {{}, total(value(*e.args[0]), *e.args[0]), {}};
  case Function::Mean: {
    Value sum = total(value(*e.args[0]), *e.args[0]);
    return {{}, ops.scale(sum, 1.0 / dsl::elements(e.args[0]->type.shape)), {}};
  }
  case Function::LogMeanExp:
    return {{}, logMeanExp(e), {}};
  case Function::Norm:
    return {{}, norm(value(*e.args[0]), *e.args[0]), {}};
  case Function::BatchMean: {
    Value v = value(*e.args[0]);
    return {{}, e.args[0]->type.kind == dsl::TypeKind::Batch ? v : ops.scale(ops.sum(v, {0}), 1.0 / model.batch), {}};
  }
  case Function::Stop: {
    Distribution v = evaluate(*e.args[0]);
    v.first = StopOp::create(ops.b, ops.loc, v.first.getType(), v.first);
    return v;
  }
  default:
    return {{}, elementFunction(e), {}};
  }
}

/// The index of the largest element along the last dimension, as a number for each sample.
Value Importer::argmax(Value scores) {
  int64_t last = tensorOf(scores).getRank() - 1;
  return ArgMaxOp::create(ops.b, ops.loc, ops.f32(tensorOf(scores).getShape().drop_back()), scores,
                          ops.b.getDenseI64ArrayAttr({last}));
}

Value Importer::elementFunction(const dsl::Expr &e) {
  SmallVector<Value> v;
  for (const dsl::ExprPtr &a : e.args)
    v.push_back(valueAs(*a, e.type));
  ops.loc = declared.location(e.span, std::string(dsl::rowOf(e.function).spelling));
  switch (e.function) {
  case Function::Log:
    return ops.unary<LogOp>(v[0]);
  case Function::Exp:
    return ops.unary<ExpOp>(v[0]);
  case Function::Sqrt:
    return ops.unary<SqrtOp>(v[0]);
  case Function::Abs:
    return ops.unary<AbsOp>(v[0]);
  case Function::Square:
    return ops.unary<SquareOp>(v[0]);
  case Function::Sigmoid:
    return ops.unary<SigmoidOp>(v[0]);
  case Function::Tanh:
    return ops.unary<TanhOp>(v[0]);
  case Function::Softplus:
    return ops.unary<SoftplusOp>(v[0]);
  case Function::Clamp:
    return ClampOp::create(ops.b, ops.loc, v[0].getType(), v[0], v[1], v[2]);
  case Function::Min:
    return ops.binary<MinOp>(v[0], v[1]);
  default:
    ensure(e.function == Function::Max, "every function has its case");
    return ops.binary<MaxOp>(v[0], v[1]);
  }
}

Value Importer::total(Value v, const dsl::Expr &e) {
  SmallVector<int64_t> dims;
  for (int64_t d = e.type.kind == dsl::TypeKind::Batch ? 0 : 1; d < tensorOf(v).getRank(); ++d)
    dims.push_back(d);
  return dims.empty() ? v : ops.sum(v, dims);
}

/// The gradient of a norm of 0 is 0 and not infinite, because the square root is never taken of the 0.
Value Importer::norm(Value v, const dsl::Expr &e) {
  Value squares = total(ops.unary<SquareOp>(v), e), zero = ops.like(squares, 0);
  Value none = ops.binary<EqOp>(squares, zero); // tests for 0, not for "is positive", so that the norm of NaN is NaN
  return ops.select(none, zero, ops.unary<SqrtOp>(ops.select(none, ops.like(squares, 1), squares)));
}

Value Importer::logSoftmax(Value logits) {
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

/// The log variance of a gaussian: its own, or the logarithm of the declared variance.
Value Importer::logVariance(const Distribution &q, const dsl::Expr &qe) {
  if (q.second)
    return q.second;
  auto [e, output] = origin(qe);
  const dsl::Number &variance = *model.blocks[e->index].outputs[output].variance;
  if (std::optional<double> v = variance.literal())
    return ops.like(q.first, std::log(*v));
  return ops.unary<LogOp>(number(variance, tensorOf(q.first)));
}

/// log q(v), summed over a sample. Bernoulli from logits: v l - log(1 + e^l), where v may lie between 0 and 1.
Value Importer::logProb(const dsl::Expr &e) {
  dsl::Type target = e.args[0]->type;
  if (e.args[0]->kind == dsl::ExprKind::StandardNormal)
    target.shape = e.args[1]->type.shape;
  target.kind = dsl::TypeKind::Sample;
  Value v = valueAs(*e.args[1], target), each;
  if (e.args[0]->kind == dsl::ExprKind::StandardNormal) {
    ops.loc = declared.location(e.span, "log_prob");
    each = ops.scale(ops.add(ops.unary<SquareOp>(v), ops.like(v, log2Pi)), -0.5);
    return ops.sum(each, OpMaker::sampleDims(each));
  }
  Distribution q = evaluate(*e.args[0]);
  ops.loc = declared.location(e.span, "log_prob");
  if (q.kind == OutputKind::Bernoulli) {
    each = ops.sub(ops.mul(v, q.first), ops.unary<SoftplusOp>(q.first));
  } else if (q.kind == OutputKind::Categorical) {
    each = ops.mul(v, logSoftmax(q.first));
  } else {
    Value s = logVariance(q, *e.args[0]);
    Value scaled = ops.mul(ops.unary<SquareOp>(ops.sub(v, q.first)), ops.unary<ExpOp>(ops.unary<NegOp>(s)));
    each = ops.scale(ops.add(ops.add(scaled, s), ops.like(s, log2Pi)), -0.5);
  }
  SmallVector<int64_t> dims = OpMaker::sampleDims(each);
  return dims.empty() ? each : ops.sum(each, dims);
}

/// KL(q || p) of two distributions of the same kind, in closed form.
Value Importer::divergence(const dsl::Expr &e) {
  Distribution q = evaluate(*e.args[0]), p = evaluate(*e.args[1]);
  ops.loc = declared.location(e.span, "kl");
  Value each;
  if (q.kind == OutputKind::Gaussian) {
    Value s = logVariance(q, *e.args[0]), difference = q.first, variance = ops.unary<ExpOp>(s), square;
    if (e.args[1]->kind == dsl::ExprKind::StandardNormal) {
      square = ops.add(variance, ops.unary<SquareOp>(difference));
      each = ops.scale(ops.sub(ops.sub(square, ops.like(s, 1)), s), 0.5);
    } else {
      Value t = logVariance(p, *e.args[1]);
      square = ops.add(variance, ops.unary<SquareOp>(ops.sub(q.first, p.first)));
      Value ratio = ops.mul(square, ops.unary<ExpOp>(ops.unary<NegOp>(t)));
      each = ops.scale(ops.add(ops.sub(ops.sub(ratio, ops.like(s, 1)), s), t), 0.5);
    }
  } else if (q.kind == OutputKind::Bernoulli) {
    Value gap = ops.mul(ops.unary<SigmoidOp>(q.first), ops.sub(q.first, p.first));
    each = ops.add(ops.sub(gap, ops.unary<SoftplusOp>(q.first)), ops.unary<SoftplusOp>(p.first));
  } else {
    Value s = logSoftmax(q.first);
    each = ops.mul(ops.unary<ExpOp>(s), ops.sub(s, logSoftmax(p.first)));
  }
  SmallVector<int64_t> dims = OpMaker::sampleDims(each);
  return e.function == Function::KlEach || dims.empty() ? each : ops.sum(each, dims);
}

Value Importer::entropy(const dsl::Expr &e) {
  Distribution q = evaluate(*e.args[0]);
  ops.loc = declared.location(e.span, "entropy");
  Value each;
  if (q.kind == OutputKind::Gaussian) {
    Value s = q.second || e.args[0]->kind != dsl::ExprKind::StandardNormal ? logVariance(q, *e.args[0])
                                                                           : ops.like(q.first, 0);
    each = ops.scale(ops.add(s, ops.like(s, 1 + log2Pi)), 0.5);
  } else if (q.kind == OutputKind::Bernoulli) {
    each = ops.sub(ops.unary<SoftplusOp>(q.first), ops.mul(q.first, ops.unary<SigmoidOp>(q.first)));
  } else {
    Value s = logSoftmax(q.first);
    each = ops.unary<NegOp>(ops.mul(ops.unary<ExpOp>(s), s));
  }
  SmallVector<int64_t> dims = OpMaker::sampleDims(each);
  return dims.empty() ? each : ops.sum(each, dims);
}

Value Importer::expectation(const Distribution &q) {
  switch (q.kind) {
  case OutputKind::Bernoulli:
    return ops.unary<SigmoidOp>(q.first);
  case OutputKind::Categorical:
    return ops.unary<ExpOp>(logSoftmax(q.first));
  default:
    return q.first;
  }
}

/// mean + deviation * noise (Kingma & Welling 2014), so that the gradient flows into both.
Value Importer::sample(const dsl::Expr &e) {
  Value &known = g.samples[{&e, g.copy}];
  if (known)
    return known;
  const dsl::Expr *qe = e.args[0].get();
  Distribution q = evaluate(*qe);
  if (g.meanSamples)
    return q.first;
  ops.loc = declared.location(e.span, "sample");
  const dsl::Expr *from = origin(*qe).first;
  std::string purpose = "sample." + (from->kind == dsl::ExprKind::Apply ? model.blocks[from->index].name : "prior");
  int use = g.uses[purpose]++;
  Value noise = draw(purpose + (use ? "~" + std::to_string(use) : ""), purpose, use, DrawKind::Normal,
                     tensorOf(q.first), 0, 1, {});
  if (from->kind == dsl::ExprKind::StandardNormal)
    return known = noise;
  Value deviation = ops.unary<ExpOp>(ops.scale(logVariance(q, *qe), 0.5));
  return known = ops.add(q.first, ops.mul(deviation, noise));
}

/// log 1/k sum_i exp(v_i), where each v_i has its own draws (Burda et al. 2016). Lets that contain something random are
/// computed anew for every copy but the first; the other lets are computed once.
Value Importer::logMeanExp(const dsl::Expr &e) {
  SmallVector<Value> values;
  auto lets = g.lets;
  for (int i = 0, k = int(*e.args[0]->number.literal()); i < k; ++i) {
    g.copy = i;
    if (i)
      std::erase_if(g.lets, [&](const auto &known) { return isRandom(known.first.first); });
    values.push_back(value(*e.args[1]));
  }
  g.copy = 0;
  g.lets = lets;
  ops.loc = declared.location(e.span, "log_mean_exp");
  Value largest = values[0], sum;
  for (Value v : values)
    largest = ops.binary<MaxOp>(largest, v);
  // An infinite maximum is not subtracted: infinity minus infinity is NaN, but the sum is right without the shift.
  Value zero = ops.like(largest, 0);
  largest = ops.select(ops.binary<EqOp>(ops.sub(largest, largest), zero), largest, zero);
  largest = StopOp::create(ops.b, ops.loc, largest.getType(), largest); // it cancels in the derivative
  for (Value v : values) {
    Value term = ops.unary<ExpOp>(ops.sub(v, largest));
    sum = sum ? ops.add(sum, term) : term;
  }
  return ops.add(ops.unary<LogOp>(ops.scale(sum, 1.0 / double(values.size()))), largest);
}

/// grad(f, x) becomes an operation, so that it can itself be differentiated.
Value Importer::gradient(const dsl::Expr &e) {
  Value f = value(*e.args[0]), x = value(*e.args[1]);
  ops.loc = declared.location(e.span, "grad");
  // f must keep reading the very value with respect to which it is differentiated, whatever is simplified in between.
  if (!x.getDefiningOp<VariableOp>()) {
    OpBuilder::InsertionGuard guard(ops.b);
    ops.b.setInsertionPointAfterValue(x);
    Value apart = VariableOp::create(ops.b, ops.loc, x.getType(), x);
    x.replaceAllUsesExcept(apart, apart.getDefiningOp());
    x = apart;
  }
  SmallVector<int64_t> all;
  for (int64_t d = 0; d < tensorOf(f).getRank(); ++d)
    all.push_back(d);
  if (!all.empty())
    f = ops.sum(f, all);
  return GradientOp::create(ops.b, ops.loc, TypeRange{x.getType()}, f, ValueRange{x}).getResult(0);
}

} // namespace gan
