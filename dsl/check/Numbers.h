// Numbers that the host knows before a step runs: literals, constants, schedules, and arithmetic over them.
#pragma once

#include "dsl/Model.h"
#include "dsl/check/Names.h"

namespace gan::dsl {

/// Checks numbers, and translates them to reverse Polish notation.
class Numbers {
public:
  Numbers(Model &model, Names &names, Report &report) : model(model), names(names), report(report) {}

  /// Whether nothing in the expression depends on a sample or on randomness.
  bool isNumber(const ast::Expr &e) const;
  Number number(const ast::Expr &e);
  /// A number that cannot change at run time. `what` is the word for it in a report.
  std::optional<double> literal(const ast::Expr &e, std::string_view what);
  /// A whole number from lo to hi that cannot change at run time.
  std::optional<int64_t> whole(const ast::Expr &e, std::string_view what, double lo, double hi);

  /// Whether `time` is a number: within a refinement, where it falls from 1 to 1 / steps.
  bool timed = false;

private:
  void terms(const ast::Expr &e, Number &out);
  void binary(const ast::Expr &e, Number &out);
  void call(const ast::Expr &e, Number &out);
  void schedule(const ast::Expr &e, Number &out);
  void plateau(const ast::Expr &e, Number &out);
  void arguments(const ast::Expr &e, Number &out);
  void notANumber(const ast::Expr &e, const std::string &found, Number &out);
  void unknownFunction(const ast::Expr &e);
  void finite(const Number &n, const ast::Expr &e);

  Model &model;
  Names &names;
  Report &report;
};

/// Checks that what plateaus look at is a metric, or an objective's value. To be called when all of these are known.
void checkPlateaus(const Model &model, Report &report);

/// Gives a number a name by which `--set` changes it. Returns its index in Model::constants.
int addConstant(Model &model, const std::string &name, Number value, Span span);

} // namespace gan::dsl
