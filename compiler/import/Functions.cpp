// Evaluates each function. Most are one operation, or a formula of Densities; those that need more of the expressions
// around them (draws, copies, gradients) are below, one after the other.
#include "compiler/import/Functions.h"
#include "compiler/Bug.h"
#include "compiler/import/Codes.h"
#include "compiler/import/Draws.h"
#include "compiler/import/Expressions.h"
#include "compiler/import/LetUsers.h"
#include "compiler/import/Pairs.h"
#include "dsl/Tables.h"

using namespace mlir;
using gan::dsl::ExprKind;
using gan::dsl::Function;

namespace gan {

Distribution Functions::call(const dsl::Expr &e) {
  const dsl::Expr &first = *e.args[0];
  switch (e.function) {
  case Function::LogProb:
    return logProb(e);
  case Function::Correct: {
    Value a = argmax(ops, expressions.evaluate(first).first), b = argmax(ops, expressions.value(*e.args[1]));
    return ops.binary<EqOp>(a, b);
  }
  case Function::Kl:
  case Function::KlEach:
    return divergence(e);
  case Function::Entropy:
    return entropy(e);
  case Function::Perplexity:
    return perplexityOf(first);
  case Function::Expectation:
    return densities.expectation(expressions.evaluate(first));
  case Function::Sample:
    return sample(e);
  case Function::Grad:
    return gradient(e);
  case Function::Sum:
    return total(first, expressions.value(first));
  case Function::Mean:
    return ops.scale(total(first, expressions.value(first)), 1.0 / double(dsl::elements(first.type.shape)));
  case Function::LogMeanExp:
    return logMeanExp(e);
  case Function::Norm:
    return norm(first);
  case Function::BatchMean:
    return batchMean(first);
  case Function::Pairwise:
  case Function::Distances: {
    Value a = expressions.value(first), b = expressions.value(*e.args[1]);
    graph.standAt(e.span, std::string(dsl::rowOf(e.function).spelling));
    return e.function == Function::Pairwise ? pairwise(ops, a, b) : distances(ops, a, b);
  }
  case Function::LogMixture:
  case Function::LogMixtureEach: {
    Distribution q = expressions.evaluate(first);
    Value v = expressions.value(*e.args[1]);
    graph.standAt(e.span, std::string(dsl::rowOf(e.function).spelling));
    return logMixture(ops, densities, q, v, e.function == Function::LogMixtureEach);
  }
  case Function::Shuffle: {
    Value &drawn = expressions.drawn(e);
    if (!drawn) {
      Value v = expressions.value(first);
      graph.standAt(e.span, "shuffle");
      drawn = shuffled(ops, v, graph.inputs.noise("shuffle", tensorOf(v)));
    }
    return drawn;
  }
  case Function::Stop: {
    Distribution v = expressions.evaluate(first);
    v.first = StopOp::create(ops.b, ops.loc, v.first.getType(), v.first);
    return v;
  }
  default:
    return elementFunction(e);
  }
}

Value Functions::elementFunction(const dsl::Expr &e) {
  SmallVector<Value> v = expressions.operands(e);
  graph.standAt(e.span, std::string(dsl::rowOf(e.function).spelling));
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

/// The sum of v, the value of an expression, over all elements of a sample, or of the batch's value.
Value Functions::total(const dsl::Expr &e, Value v) {
  SmallVector<int64_t> dims;
  for (int64_t d = e.type.kind == dsl::TypeKind::Batch ? 0 : 1; d < tensorOf(v).getRank(); ++d)
    dims.push_back(d);
  return dims.empty() ? v : ops.sum(v, dims);
}

/// The gradient of a norm of 0 is 0 and not infinite, because the square root is never taken of the 0.
Value Functions::norm(const dsl::Expr &e) {
  Value v = expressions.value(e);
  Value squares = total(e, ops.unary<SquareOp>(v)), zero = ops.like(squares, 0);
  Value none = ops.binary<EqOp>(squares, zero); // tests for 0, not for "is positive", so that the norm of NaN is NaN
  return ops.select(none, zero, ops.unary<SqrtOp>(ops.select(none, ops.like(squares, 1), squares)));
}

Value Functions::batchMean(const dsl::Expr &e) {
  Value v = expressions.value(e);
  return e.type.kind == dsl::TypeKind::Batch ? v : ops.scale(ops.sum(v, {0}), 1.0 / double(ops.batch));
}

Value Functions::logProb(const dsl::Expr &e) {
  bool standard = e.args[0]->kind == ExprKind::Standard;
  dsl::Type target = e.args[0]->type;
  if (standard)
    target.shape = e.args[1]->type.shape;
  target.kind = dsl::TypeKind::Sample;
  Value v = expressions.valueAs(*e.args[1], target);
  Distribution q = standard ? Distribution() : expressions.evaluate(*e.args[0]);
  graph.standAt(e.span, "log_prob");
  return standard ? densities.standardLogProb(e.args[0]->type.dist, v) : densities.logProb(q, v);
}

Value Functions::divergence(const dsl::Expr &e) {
  Distribution q = expressions.evaluate(*e.args[0]), p = expressions.evaluate(*e.args[1]);
  graph.standAt(e.span, "kl");
  bool standard = e.args[1]->kind == ExprKind::Standard;
  Value each = standard ? densities.divergenceFromStandard(q) : densities.divergence(q, p);
  return e.function == Function::KlEach ? each : densities.overSample(each);
}

Value Functions::perplexityOf(const dsl::Expr &e) {
  Distribution q = expressions.evaluate(e);
  graph.standAt(e.span, "perplexity");
  if (q.kind == dsl::OutputKind::Categorical)
    return perplexity(ops, densities.expectation(q));
  auto chosen = graph.chosen.find(q.first);
  ensure(chosen != graph.chosen.end(), "a codebook is all of what a block gives");
  return perplexity(ops, chosen->second);
}

Value Functions::entropy(const dsl::Expr &e) {
  Distribution q = expressions.evaluate(*e.args[0]);
  graph.standAt(e.span, "entropy");
  return densities.overSample(densities.entropy(q));
}

/// location + scale * noise (Kingma & Welling 2014), so that the gradient flows into both.
Value Functions::sample(const dsl::Expr &e) {
  Value &drawn = expressions.drawn(e);
  if (drawn)
    return drawn;
  Distribution q = expressions.evaluate(*e.args[0]);
  graph.standAt(e.span, "sample");
  if (graph.mode.meanSamples)
    return densities.expectation(q);
  const dsl::Expr *from = originOf(graph.model, *e.args[0]).first;
  bool standard = from->kind == ExprKind::Standard;
  std::string of = from->kind == ExprKind::Apply ? graph.model.blocks[from->index].name : "prior";
  if (e.args.size() > 1)
    return drawn = relaxedSample(e, q, "sample." + of);
  Value noise = standardDraw(q, "sample." + of);
  if (standard)
    return drawn = noise;
  bool variance = q.kind == dsl::OutputKind::Gaussian;
  Value scale = ops.unary<ExpOp>(ops.scale(densities.second(q), variance ? 0.5 : 1));
  return drawn = ops.add(q.first, ops.mul(scale, noise));
}

/// A draw of the standard distribution of the same kind.
Value Functions::standardDraw(const Distribution &q, const std::string &purpose) {
  Tensor type = tensorOf(q.first);
  if (q.kind == dsl::OutputKind::Laplace)
    return laplaceDraw(ops, graph.inputs.uniform(purpose, type));
  if (q.kind == dsl::OutputKind::Logistic)
    return logisticDraw(ops, graph.inputs.uniform(purpose, type));
  Value normal = graph.inputs.noise(purpose, type);
  if (q.kind != dsl::OutputKind::StudentT)
    return normal;
  return studentDraw(ops, normal, graph.inputs.noise(purpose, type), q.declared->freedom);
}

/// softmax((logits + g) / t), where g = -log(-log(u)) is Gumbel noise, or for a bernoulli sigmoid((logit + log(u) -
/// log(1
/// - u)) / t) (Jang et al. 2017; Maddison et al. 2017). `hard`: the class itself, through which the gradient of the
/// relaxed draw goes.
Value Functions::relaxedSample(const dsl::Expr &e, const Distribution &q, const std::string &purpose) {
  Tensor type = tensorOf(q.first);
  auto log = [&](Value v) { return ops.unary<LogOp>(ops.binary<MaxOp>(v, ops.like(v, 1e-30))); }; // u may be 0
  Value u = graph.inputs.uniform(purpose, type), t = graph.numbers.as(type, e.args[1]->number), relaxed, hard;
  if (q.kind == dsl::OutputKind::Categorical) {
    Value gumbel = ops.unary<NegOp>(log(ops.unary<NegOp>(log(u))));
    relaxed = ops.unary<ExpOp>(logSoftmax(ops, ops.div(ops.add(q.first, gumbel), t)));
    hard = OneHotOp::create(ops.b, ops.loc, type, argmax(ops, relaxed), ops.b.getDenseI64ArrayAttr({1}));
  } else {
    Value logistic = ops.sub(log(u), log(ops.sub(ops.like(u, 1), u)));
    relaxed = ops.unary<SigmoidOp>(ops.div(ops.add(q.first, logistic), t));
    hard = ops.binary<GtOp>(relaxed, ops.like(relaxed, 0.5));
  }
  if (e.args.size() < 3 || *e.args[2]->number.literal() == 0)
    return relaxed;
  return ops.add(hard, ops.sub(relaxed, StopOp::create(ops.b, ops.loc, type, relaxed)));
}

/// log 1/k sum_i exp(v_i), where each v_i has its own draws (Burda et al. 2016).
Value Functions::logMeanExp(const dsl::Expr &e) {
  SmallVector<Value> values = expressions.copies(*e.args[1], int(*e.args[0]->number.literal()));
  graph.standAt(e.span, "log_mean_exp");
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
Value Functions::gradient(const dsl::Expr &e) {
  Value f = expressions.value(*e.args[0]), x = expressions.value(*e.args[1]);
  graph.standAt(e.span, "grad");
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
