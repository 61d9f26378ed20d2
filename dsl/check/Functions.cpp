// Checks the functions of the language: the types of their arguments and results.
#include "dsl/check/State.h"

#include <cmath>

namespace gan::dsl {
namespace {

bool isDistribution(const ExprPtr &e) { return e->type.kind == TypeKind::Distribution; }

Range monotone(Range r, double (*f)(double)) { return {f(r.lo), f(r.hi)}; }

} // namespace

ExprPtr Check::functionCall(const ast::Expr &e, const FunctionRow &row) {
  auto out = std::make_shared<Expr>();
  out->kind = ExprKind::Call;
  out->function = row.kind;
  out->span = e.span;
  if (e.arguments.size() < row.fewest || e.arguments.size() > row.most) {
    Diagnostic &d = report.error(Id::ExtraArgument, e.span,
                                 {std::string(row.spelling),
                                  std::to_string(row.fewest) + (row.fewest == 1 ? " argument" : " arguments"),
                                  std::to_string(e.arguments.size())});
    bool kl = row.kind == Function::Kl || row.kind == Function::KlEach;
    if (kl && e.arguments.size() == 1) // papers often leave out the prior
      d.fix = Fix{e.span, std::string(row.spelling) + "(" + report.text(e.arguments[0].span) + ", standard_normal)"};
    return fail();
  }
  bool takesDistribution = row.kind == Function::LogProb || row.kind == Function::Kl || row.kind == Function::KlEach ||
                           row.kind == Function::Sample || row.kind == Function::Entropy ||
                           row.kind == Function::Mean || row.kind == Function::Correct ||
                           row.kind == Function::Expectation;
  for (const ast::Argument &a : e.arguments) {
    ExprPtr v = !a.value ? fail() : takesDistribution ? expression(*a.value) : value(*a.value);
    if (!v)
      return fail();
    out->args.push_back(v);
  }
  if (row.kind == Function::Mean && isDistribution(out->args[0]))
    out->function = Function::Expectation;
  return functionType(*out, e) ? out : fail();
}

bool Check::functionType(Expr &e, const ast::Expr &call) {
  switch (e.function) {
  case Function::LogProb:
  case Function::Correct:
  case Function::Kl:
  case Function::KlEach:
  case Function::Sample:
  case Function::Entropy:
  case Function::Expectation:
    return distributionType(e, call);
  case Function::Norm:
  case Function::Sum:
  case Function::Mean:
  case Function::BatchMean:
  case Function::LogMeanExp:
    return reductionType(e, call);
  case Function::Grad:
    if (e.args[1]->type.kind != TypeKind::Sample) {
      report.error(Id::WrongType, e.args[1]->span, {"a value of a sample", typeText(e.args[1]->type)});
      return false;
    }
    e.type = {TypeKind::Sample, e.args[1]->type.shape, OutputKind::Value, {}};
    return true;
  default:
    return elementType(e, call);
  }
}

bool Check::distributionType(Expr &e, const ast::Expr &) {
  auto needDistribution = [&](const ExprPtr &a) {
    if (isDistribution(a))
      return true;
    report.error(Id::WrongType, a->span, {"a distribution", typeText(a->type)});
    return false;
  };
  if (!needDistribution(e.args[0]))
    return false;
  const Type &q = e.args[0]->type;
  e.type = {TypeKind::Sample, {}, OutputKind::Value, {}};
  if (e.function == Function::LogProb || e.function == Function::Correct) {
    if (isDistribution(e.args[1]))
      e.args[1] = expectation(e.args[1]);
    const Type &v = e.args[1]->type;
    bool standard = e.args[0]->kind == ExprKind::StandardNormal;
    if (v.kind == TypeKind::Block || (!standard && v.kind != TypeKind::Number && v.shape != q.shape)) {
      if (v.kind == TypeKind::Block)
        report.error(Id::ShapeMismatch, e.span, {shapeText(q.shape), "several outputs"});
      else
        shapeMismatch(e.span, q.shape, v.shape);
      return false;
    }
    if (q.dist == OutputKind::Bernoulli && (v.range.lo < 0 || v.range.hi > 1) && std::isfinite(v.range.lo) &&
        std::isfinite(v.range.hi)) {
      char text[64];
      snprintf(text, sizeof text, "[%g, %g]", v.range.lo, v.range.hi);
      Diagnostic &d = report.error(Id::ValueOutsideBernoulli, e.args[1]->span, {text});
      if (e.args[1]->kind == ExprKind::Data)
        d.notes.push_back({model.data[e.args[1]->index].span, "declare it `in [0, 1]`"});
      d.notes.push_back({e.args[0]->span, "or let the block end in a `gaussian(..)`, which takes any value"});
      return false;
    }
    if (e.function == Function::Correct) {
      if (q.dist != OutputKind::Categorical) {
        report.error(Id::WrongType, e.args[0]->span, {"a categorical", typeText(q)});
        return false;
      }
      e.type.range = {0, 1};
      return true;
    }
    if (q.dist != OutputKind::Gaussian)
      e.type.range.hi = 0;
    return true;
  }
  if (e.function == Function::Kl || e.function == Function::KlEach) {
    if (!needDistribution(e.args[1]))
      return false;
    const Type &p = e.args[1]->type;
    bool standard = e.args[1]->kind == ExprKind::StandardNormal;
    if (q.dist != p.dist || (!standard && q.shape != p.shape)) {
      report.error(Id::WrongType, e.args[1]->span, {typeText(q), typeText(p)});
      return false;
    }
    if (standard) { // a standard normal takes the shape of the other distribution
      auto prior = std::make_shared<Expr>(*e.args[1]);
      prior->type.shape = q.shape;
      e.args[1] = prior;
    }
    e.type.range.lo = 0;
    if (e.function == Function::KlEach)
      e.type.shape = q.shape;
    return true;
  }
  if (e.function == Function::Entropy)
    return true;
  if (e.function == Function::Sample) {
    if (q.dist != OutputKind::Gaussian) {
      report.error(Id::NoReparameterisation, e.span, {q.dist == OutputKind::Bernoulli ? "bernoulli" : "categorical"})
          .notes.push_back({e.args[0]->span, "as a value it is its expectation"});
      return false;
    }
    e.draw = sampleDraws++;
  }
  e.type.shape = q.shape;
  if (q.dist != OutputKind::Gaussian)
    e.type.range = {0, 1};
  return true;
}

bool Check::reductionType(Expr &e, const ast::Expr &) {
  const ExprPtr &x = e.args.back();
  if (x->type.kind == TypeKind::Number || x->type.kind == TypeKind::Block) {
    report.error(Id::WrongType, x->span, {"a value of a sample", typeText(x->type)});
    return false;
  }
  e.type = {x->type.kind, {}, OutputKind::Value, {}};
  if (e.function == Function::LogMeanExp) {
    std::optional<double> k = e.args[0]->kind == ExprKind::Number ? e.args[0]->number.literal() : std::nullopt;
    if (!k || *k != std::floor(*k) || *k < 1 || *k > 1000 || x->type.kind != TypeKind::Sample) {
      report.error(Id::ArgumentType, e.span,
                   {"log_mean_exp", "(whole number from 1 to 1000, value of a sample)",
                    k ? "(" + std::to_string(*k) + ", " + typeText(x->type) + ")" : "something else"});
      return false;
    }
    e.type = {TypeKind::Sample, x->type.shape, OutputKind::Value, x->type.range};
    return true;
  }
  if (e.function == Function::BatchMean)
    e.type = {TypeKind::Batch, x->type.shape, OutputKind::Value, x->type.range};
  else if (e.function == Function::Norm)
    e.type.range.lo = 0;
  else if (e.function == Function::Mean)
    e.type.range = x->type.range;
  else
    e.type.range = {x->type.range.lo >= 0 ? 0 : -INFINITY, x->type.range.hi <= 0 ? 0 : INFINITY};
  return true;
}

bool Check::elementType(Expr &e, const ast::Expr &) {
  e.type = e.args[0]->type;
  for (const ExprPtr &a : e.args) {
    if (a->type.kind == TypeKind::Block) {
      report.error(Id::WrongType, a->span, {"one value", "several outputs: name one of them"});
      return false;
    }
    if (Type both; !broadcastTypes(e.type, a->type, e.span, both))
      return false;
    else
      e.type = both;
  }
  Range r = e.args[0]->type.range;
  switch (e.function) {
  case Function::Log:
    if (r.lo < 0) {
      report.error(Id::LogOfNonPositive, e.span, {"negative"});
      return false;
    }
    if (r.hi <= 0) {
      report.error(Id::LogOfNonPositive, e.span, {"only 0"});
      return false;
    }
    e.type.range = monotone(r, std::log);
    break;
  case Function::Exp:
    e.type.range = monotone(r, std::exp);
    break;
  case Function::Sqrt:
  case Function::Abs:
  case Function::Square:
  case Function::Softplus:
    e.type.range = {0, INFINITY};
    break;
  case Function::Sigmoid:
    e.type.range = {0, 1};
    break;
  case Function::Tanh:
    e.type.range = {-1, 1};
    break;
  case Function::Clamp:
    e.type.range = {e.args[1]->type.range.lo, e.args[2]->type.range.hi};
    break;
  case Function::Max:
    e.type.range = {std::max(r.lo, e.args[1]->type.range.lo), std::max(r.hi, e.args[1]->type.range.hi)};
    break;
  case Function::Min:
    e.type.range = {std::min(r.lo, e.args[1]->type.range.lo), std::min(r.hi, e.args[1]->type.range.hi)};
    break;
  case Function::Stop:
    e.type.range = r;
    break;
  default:
    break;
  }
  return true;
}

} // namespace gan::dsl
