// Named values: `let` for those that several expressions read, `metric` for those that are reported.
#pragma once

#include "dsl/check/Expressions.h"

namespace gan::dsl {

/// Checks lets and metrics, and adds them to the model.
class Lets {
public:
  Lets(Model &model, Names &names, Expressions &expressions, Report &report)
      : model(model), names(names), expressions(expressions), report(report) {}

  /// `step` is the step that the let or metric stands in, or -1.
  void let(const ast::Binding &b, int step);
  void metric(const ast::Binding &b, int step);

private:
  void draws(const ast::Binding &b, int step);
  void add(const ast::Name &name, ExprPtr value, int step, Span span);
  void giveUp(const ast::Binding &b);
  bool isFree(const ast::Name &metric);

  Model &model;
  Names &names;
  Expressions &expressions;
  Report &report;
};

} // namespace gan::dsl
