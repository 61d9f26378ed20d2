// Optimizers: `adam(lr 2e-4, beta1 0.5)`. Hyper-parameters are constants of the model, which `--set` changes.
#pragma once

#include "dsl/Tables.h"
#include "dsl/check/Numbers.h"

namespace gan::dsl {

/// Checks optimizers, and adds their hyper-parameters to the model.
class Optimizers {
public:
  Optimizers(Model &model, Numbers &numbers, Report &report) : model(model), numbers(numbers), report(report) {}

  /// The optimizer of the objective of this name, which its hyper-parameters are named after.
  Optimizer of(const ast::Expr &e, const std::string &objective);

private:
  using Given = std::vector<const ast::Argument *>; ///< for each hyper-parameter of the row; null if it is left out

  const OptimizerRow *rowNamed(const ast::Expr &name);
  Given arguments(const ast::Expr &e, const OptimizerRow &row);
  Number value(const HyperRow &hyper, const ast::Argument *given, const ast::Expr &e, const OptimizerRow &row);

  Model &model;
  Numbers &numbers;
  Report &report;
};

} // namespace gan::dsl
