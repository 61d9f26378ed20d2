// The functions of the language: the types of their arguments and results.
#pragma once

#include "dsl/Model.h"
#include "dsl/check/Report.h"

namespace gan::dsl {

/// Whether an argument of the function may be a distribution. Those of others are values.
bool takesDistribution(Function function);

/// Finds the types of calls whose arguments are checked.
class Functions {
public:
  Functions(const Model &model, Report &report) : model(model), report(report) {}

  /// Sets the type of a call. Some arguments change: a standard normal takes a shape, a value is an expectation. False
  /// if an argument does not fit, which is reported.
  bool type(Expr &call);

private:
  bool refuse(const ExprPtr &argument, const std::string &wanted);
  bool ofDistribution(Expr &call);
  bool logProbability(Expr &call);
  bool insideSupport(const Expr &distribution, const Expr &value);
  bool correct(Expr &call);
  bool divergence(Expr &call);
  bool perplexity(Expr &call);
  bool draw(Expr &call);
  bool reparameterised(const Expr &call);
  bool hasClosedForm(const Expr &call);
  bool gradient(Expr &call);
  bool reduction(Expr &call);
  bool meanOfDraws(Expr &call);
  bool elementwise(Expr &call);
  bool acrossBatch(Expr &call);
  bool mixture(Expr &call);

  const Model &model;
  Report &report;
  int draws = 0; ///< how many `sample`s the file has so far
};

} // namespace gan::dsl
