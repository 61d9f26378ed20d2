// The checker's own header: the model under construction.
#pragma once

#include "dsl/Checker.h"
#include "dsl/Tables.h"
#include "dsl/check/Blocks.h"
#include "dsl/check/Declarations.h"
#include "dsl/check/Expressions.h"
#include "dsl/check/Numbers.h"
#include "dsl/check/Shapes.h"
#include "dsl/check/Sizes.h"
#include "dsl/check/Tensors.h"
#include "dsl/check/Values.h"

#include <functional>
#include <map>
#include <set>

namespace gan::dsl {

class Check {
public:
  Check(const ast::File &file, const Source &source, Diagnostics &diagnostics, std::optional<int64_t> batch)
      : file(file), diagnostics(diagnostics), batch(batch), report(source, diagnostics) {}
  std::optional<Model> run();

private:
  // Training.cpp
  void train(const ast::Train &t);
  void let(const ast::Binding &b, int step);
  void metric(const ast::Binding &b, int step);
  void step(const ast::Step &s);
  void choice(const ast::Choice &c);
  void average(const ast::Average &a);
  void objective(const ast::Objective &o, const ast::Step &s, Step &out);
  void blocksOf(const ast::Objective &o, const ast::Step &s, Step &out, Objective &result);
  bool joinsObjective(const ast::Objective &o, const Objective &result, Step &out);
  Term term(const ast::Objective &o, const ast::Step &s, const std::string &name);
  int streamOf(const ast::Qualifiers &q);
  ExprPtr condition(const ast::Expr &e);
  void labelStream(const Term &term);
  void repeatedLets(const Expr &e, const Step &step);
  Optimizer optimizer(const ast::Expr &e, const std::string &name);
  void updates();
  void staleLets(size_t step);
  void drawsAndPenalties(const Expr &root);

  const ast::File &file;
  Diagnostics &diagnostics;
  std::optional<int64_t> batch; ///< if given, replaces the file's batch
  Model model;
  Report report;
  Names names{file, report};
  Numbers numbers{names, report};
  Declarations declarations{model, names, numbers, report};
  Inits inits{file.inits, numbers, report};
  Expressions expressions{file, model, names, numbers, report};
  Blocks blocks{file, model, names, numbers, inits, report};
  int currentStep = -1;
  std::set<std::string> stepNames, optimizerNames;
};

} // namespace gan::dsl
