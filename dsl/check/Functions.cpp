// Finds the types of calls: functions of distributions, functions that reduce a value to fewer numbers, and functions
// of each element. Ranges are found too, as far as a logarithm or a distribution needs them.
#include "dsl/check/Functions.h"

#include "dsl/Checker.h"
#include "dsl/Tables.h"
#include "dsl/check/Values.h"

#include <cmath>

namespace gan::dsl {

static constexpr double infinity = std::numeric_limits<double>::infinity();

bool takesDistribution(Function function) {
  return function == Function::LogProb || function == Function::Kl || function == Function::KlEach ||
         function == Function::Sample || function == Function::Entropy || function == Function::Mean ||
         function == Function::Correct || function == Function::Expectation || function == Function::LogMixture ||
         function == Function::LogMixtureEach || function == Function::Perplexity;
}

bool Functions::type(Expr &call) {
  switch (call.function) {
  case Function::LogProb:
  case Function::Correct:
    return ofDistribution(call) && logProbability(call);
  case Function::Kl:
  case Function::KlEach:
    return ofDistribution(call) && divergence(call);
  case Function::Entropy:
    return ofDistribution(call) && hasClosedForm(call);
  case Function::Perplexity:
    return perplexity(call);
  case Function::Sample:
  case Function::Expectation:
    return ofDistribution(call) && draw(call);
  case Function::Norm:
  case Function::Sum:
  case Function::Mean:
  case Function::BatchMean:
  case Function::LogMeanExp:
    return reduction(call);
  case Function::Grad:
    return gradient(call);
  case Function::Pairwise:
  case Function::Distances:
  case Function::Shuffle:
    return acrossBatch(call);
  case Function::LogMixture:
  case Function::LogMixtureEach:
    return ofDistribution(call) && mixture(call);
  default:
    return elementwise(call);
  }
}

/// Reports an argument that is not what is wanted.
bool Functions::refuse(const ExprPtr &argument, const std::string &wanted) {
  report.error(Id::WrongType, argument->span, {wanted, typeText(argument->type)});
  return false;
}

/// Checks that the first argument is a distribution. Unless more is known, the result is one number per sample.
bool Functions::ofDistribution(Expr &call) {
  if (!isDistribution(call.args[0]))
    return refuse(call.args[0], "a distribution");
  call.type = {TypeKind::Sample, {}, OutputKind::Value, {}};
  return true;
}

/// log_prob(q, v) or correct(q, v), where q is a distribution of values like v.
bool Functions::logProbability(Expr &call) {
  if (isDistribution(call.args[1]))
    call.args[1] = expectationOf(call.args[1]);
  const Type &q = call.args[0]->type, &v = call.args[1]->type;
  bool standard = call.args[0]->kind == ExprKind::Standard;
  if (v.kind == TypeKind::Block) {
    report.error(Id::ShapeMismatch, call.span, {shapeText(q.shape), "several outputs"});
    return false;
  }
  if (!standard && v.kind != TypeKind::Number && v.shape != q.shape) {
    shapeMismatch(q.shape, v.shape, call.span, report);
    return false;
  }
  if (!insideSupport(*call.args[0], *call.args[1]))
    return false;
  if (call.function == Function::Correct)
    return correct(call);
  if (std::isfinite(rowOf(q.dist).values.lo)) // a probability, and not a density
    call.type.range.hi = 0;
  return true;
}

/// Checks that a value, as far as its range is known, lies where the distribution has values.
bool Functions::insideSupport(const Expr &distribution, const Expr &value) {
  Range range = value.type.range, all = rowOf(distribution.type.dist).values;
  bool known = std::isfinite(range.lo) && std::isfinite(range.hi);
  if (distribution.type.dist == OutputKind::Categorical || !known || (range.lo >= all.lo && range.hi <= all.hi))
    return true;
  char text[64];
  snprintf(text, sizeof text, "[%g, %g]", range.lo, range.hi);
  bool counts = !std::isfinite(all.hi);
  Diagnostic &d = report.error(Id::ValueOutside, value.span,
                               {std::string(rowOf(distribution.type.dist).spelling),
                                counts ? "counts, 0, 1, 2, ..," : "values in [0, 1],", text});
  if (value.kind == ExprKind::Data)
    d.notes.push_back(
        {model.data[value.index].span, counts ? "declare it `in [0, 100]` or so" : "declare it `in [0, 1]`"});
  d.notes.push_back({distribution.span, "or let the block end in a `gaussian(..)`, which takes any value"});
  return false;
}

bool Functions::correct(Expr &call) {
  if (call.args[0]->type.dist != OutputKind::Categorical)
    return refuse(call.args[0], "a categorical");
  call.type.range = {0, 1};
  return true;
}

/// kl(q, p) or kl_each(q, p). A standard normal takes the shape of the other distribution.
bool Functions::divergence(Expr &call) {
  const ExprPtr &first = call.args[0], &second = call.args[1];
  if (!isDistribution(second))
    return refuse(second, "a distribution");
  const Type &q = first->type;
  bool standard = second->kind == ExprKind::Standard;
  if (q.dist != second->type.dist || (!standard && q.shape != second->type.shape))
    return refuse(second, typeText(q));
  if (!hasClosedForm(call))
    return false;
  if (standard) {
    auto prior = std::make_shared<Expr>(*second);
    prior->type.shape = q.shape;
    call.args[1] = prior;
  }
  call.type.range.lo = 0;
  if (call.function == Function::KlEach)
    call.type.shape = q.shape;
  return true;
}

/// Whether the divergence or entropy of a distribution is a formula of its parameters; reports it if not.
bool Functions::hasClosedForm(const Expr &call) {
  OutputKind kind = call.args[0]->type.dist;
  bool entropy = call.function == Function::Entropy,
       counts = !std::isfinite(rowOf(kind).values.hi) && std::isfinite(rowOf(kind).values.lo);
  bool closed =
      entropy ? !counts
              : kind != OutputKind::Logistic && kind != OutputKind::StudentT && kind != OutputKind::NegativeBinomial;
  if (closed)
    return true;
  Diagnostic &d = report.error(Id::NoClosedForm, call.span,
                               {entropy ? "the entropy" : "the divergence", std::string(rowOf(kind).spelling)});
  std::string q = report.text(call.args[0]->span);
  if (!counts) {
    std::string p = report.text(call.args[1]->span);
    d.notes.push_back({call.span, "an estimate is `log_prob(" + q + ", h) - log_prob(" + p +
                                      ", h)` of a draw, `let h = "
                                      "sample(" +
                                      q + ")`"});
  }
  return false;
}

/// perplexity(q) of a categorical, or perplexity(Q(h)) of a codebook.
bool Functions::perplexity(Expr &call) {
  const Expr &of = *call.args[0];
  bool classes = of.type.kind == TypeKind::Distribution && of.type.dist == OutputKind::Categorical;
  if (!classes && !codebookAt(model, of))
    return refuse(call.args[0], "a categorical, or an application of a block that ends in a `codebook`");
  call.type = {TypeKind::Batch, {}, OutputKind::Value, {1, infinity}};
  return true;
}

/// sample(q) or expectation(q).
bool Functions::draw(Expr &call) {
  const Type &q = call.args[0]->type;
  if (call.function == Function::Sample && !reparameterised(call))
    return false;
  if (call.function == Function::Sample)
    call.draw = draws++;
  call.type.shape = q.shape;
  call.type.range = rowOf(q.dist).values;
  return true;
}

/// Checks that draws carry a gradient: those of a density do, and relaxed ones of classes and bits.
bool Functions::reparameterised(const Expr &call) {
  OutputKind kind = call.args[0]->type.dist;
  bool density = !std::isfinite(rowOf(kind).values.lo), relaxed = call.args.size() > 1;
  bool classes = kind == OutputKind::Bernoulli || kind == OutputKind::Categorical;
  if (relaxed && !classes)
    return refuse(call.args[0], "a categorical or a bernoulli, whose draws have a temperature");
  if (density || relaxed)
    return true;
  Diagnostic &d = report.error(Id::NoReparameterisation, call.span, {std::string(rowOf(kind).spelling)});
  d.notes.push_back({call.args[0]->span, "as a value it is its expectation"});
  if (classes)
    d.notes.push_back({call.span, "a relaxed one carries a gradient: `sample(" + report.text(call.args[0]->span) +
                                      ", temperature 0.5)`"});
  return false;
}

bool Functions::gradient(Expr &call) {
  if (call.args[1]->type.kind != TypeKind::Sample)
    return refuse(call.args[1], "a value of a sample");
  call.type = {TypeKind::Sample, call.args[1]->type.shape, OutputKind::Value, {}};
  return true;
}

bool Functions::reduction(Expr &call) {
  const ExprPtr &x = call.args.back();
  if (x->type.kind == TypeKind::Number || x->type.kind == TypeKind::Block)
    return refuse(x, "a value of a sample");
  Range range = x->type.range;
  call.type = {x->type.kind, {}, OutputKind::Value, {}};
  if (call.function == Function::LogMeanExp)
    return meanOfDraws(call);
  if (call.function == Function::BatchMean)
    call.type = {TypeKind::Batch, x->type.shape, OutputKind::Value, range};
  else if (call.function == Function::Norm)
    call.type.range.lo = 0;
  else if (call.function == Function::Mean)
    call.type.range = range;
  else
    call.type.range = {range.lo >= 0 ? 0 : -infinity, range.hi <= 0 ? 0 : infinity};
  return true;
}

/// log_mean_exp(k, v): over k draws.
bool Functions::meanOfDraws(Expr &call) {
  const Expr &count = *call.args[0];
  const Type &x = call.args[1]->type;
  std::optional<double> k = count.kind == ExprKind::Number ? count.number.literal() : std::nullopt;
  if (!k || *k != std::floor(*k) || *k < 1 || *k > 1000 || x.kind != TypeKind::Sample) {
    report.error(Id::ArgumentType, call.span,
                 {"log_mean_exp", "(whole number from 1 to 1000, value of a sample)",
                  k ? "(" + std::to_string(*k) + ", " + typeText(x) + ")" : "something else"});
    return false;
  }
  call.type = {TypeKind::Sample, x.shape, OutputKind::Value, x.range};
  return true;
}

/// pairwise(a, b), distances(a, b): a number for each sample of the batch. shuffle(v): values like v.
bool Functions::acrossBatch(Expr &call) {
  for (const ExprPtr &v : call.args)
    if (v->type.kind != TypeKind::Sample)
      return refuse(v, "a value of a sample");
  const Type &a = call.args[0]->type;
  if (call.function == Function::Shuffle) {
    call.draw = draws++;
    call.type = a;
    return true;
  }
  if (a.shape != call.args[1]->type.shape) {
    shapeMismatch(a.shape, call.args[1]->type.shape, call.span, report);
    return false;
  }
  call.type = {TypeKind::Sample, {std::max<int64_t>(model.batch, 1)}, OutputKind::Value, {}};
  if (call.function == Function::Distances)
    call.type.range.lo = 0;
  return true;
}

/// log_mixture(q, v), log_mixture_each(q, v).
bool Functions::mixture(Expr &call) {
  const Type &q = call.args[0]->type, &v = call.args[1]->type;
  if (call.args[0]->kind == ExprKind::Standard)
    return refuse(call.args[0], "the distribution that a block gives, which differs from sample to sample");
  if (call.function == Function::LogMixtureEach && q.dist == OutputKind::Categorical)
    return refuse(call.args[0], "a gaussian or bernoulli, whose dimensions are independent");
  if (v.kind != TypeKind::Sample)
    return refuse(call.args[1], "a value of a sample");
  if (v.shape != q.shape) {
    shapeMismatch(q.shape, v.shape, call.span, report);
    return false;
  }
  if (call.function == Function::LogMixtureEach)
    call.type.shape = q.shape;
  return insideSupport(*call.args[0], *call.args[1]);
}

/// The range of a function of each element.
static Range rangeOfElements(Function function, const std::vector<ExprPtr> &args) {
  Range r = args[0]->type.range;
  auto other = [&](size_t i) { return args[i]->type.range; };
  switch (function) {
  case Function::Log:
    return {std::log(r.lo), std::log(r.hi)};
  case Function::Exp:
    return {std::exp(r.lo), std::exp(r.hi)};
  case Function::Sqrt:
  case Function::Abs:
  case Function::Square:
  case Function::Softplus:
    return {0, infinity};
  case Function::Sigmoid:
    return {0, 1};
  case Function::Tanh:
    return {-1, 1};
  case Function::Clamp:
    return {other(1).lo, other(2).hi};
  case Function::Max:
    return {std::max(r.lo, other(1).lo), std::max(r.hi, other(1).hi)};
  case Function::Min:
    return {std::min(r.lo, other(1).lo), std::min(r.hi, other(1).hi)};
  case Function::Stop:
    return r;
  default:
    return {};
  }
}

/// A function of each element, on values that are broadcast to one shape.
bool Functions::elementwise(Expr &call) {
  call.type = call.args[0]->type;
  for (const ExprPtr &a : call.args) {
    if (a->type.kind == TypeKind::Block) {
      report.error(Id::WrongType, a->span, {"one value", "several outputs: name one of them"});
      return false;
    }
    std::optional<Type> both = broadcast(call.type, a->type, call.span, report);
    if (!both)
      return false;
    call.type = *both;
  }
  Range r = call.args[0]->type.range;
  if (call.function == Function::Log && (r.lo < 0 || r.hi <= 0)) {
    report.error(Id::LogOfNonPositive, call.span, {r.lo < 0 ? "negative" : "only 0"});
    return false;
  }
  call.type.range = rangeOfElements(call.function, call.args);
  return true;
}

} // namespace gan::dsl
