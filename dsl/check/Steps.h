// Steps of training: which blocks are updated, by which objectives, with which optimizers.
#pragma once

#include "dsl/check/Lets.h"
#include "dsl/check/Optimizers.h"

namespace gan::dsl {

/// Checks steps and their objectives, and adds them to the model.
class Steps {
public:
  Steps(Model &model, Names &names, Numbers &numbers, Lets &lets, Expressions &expressions, Report &report)
      : model(model), names(names), numbers(numbers), lets(lets), expressions(expressions), report(report),
        optimizers(model, numbers, report) {}

  void step(const ast::Step &s);

private:
  void objective(const ast::Objective &o, const ast::Step &s, Step &out);
  void blocks(const ast::Objective &o, const ast::Step &s, Objective &out);
  std::optional<int> labelOf(const ast::Updated &u, const Block &block);
  void updatedOnce(const Objective &o, const Step &step);
  void qualifiers(const ast::Qualifiers &own, const ast::Qualifiers &ofStep, Objective &out);
  std::optional<int> limit(const ast::ExprPtr &own, const ast::ExprPtr &ofStep, const std::string &name);
  Term term(const ast::Objective &o, const ast::Step &s, const std::string &name);
  int streamOf(const ast::Name &from);
  ExprPtr condition(const ast::Expr &e);

  Model &model;
  Names &names;
  Numbers &numbers;
  Lets &lets;
  Expressions &expressions;
  Report &report;
  Optimizers optimizers;
  std::set<std::string> stepNames, objectiveNames; ///< those that are taken
};

} // namespace gan::dsl
