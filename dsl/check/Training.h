// The `train` section: sizes of batches and epochs, streams of data, averages, and the order in which its statements
// are checked.
#pragma once

#include "dsl/check/Declarations.h"
#include "dsl/check/Steps.h"

namespace gan::dsl {

/// Checks training, and adds it to the model.
class Training {
public:
  Training(Model &model, Names &names, Numbers &numbers, Declarations &declarations, Expressions &expressions,
           Report &report)
      : model(model), names(names), numbers(numbers), declarations(declarations), report(report),
        expressions(expressions), lets(model, names, expressions, report),
        steps(model, names, numbers, lets, expressions, report) {}

  /// Checks the section. If given, `batch` replaces the file's.
  void train(const ast::Train &t, std::optional<int64_t> batch);

private:
  void sizes(const ast::Train &t, std::optional<int64_t> batch);
  void choice(const ast::Choice &c);
  Stream firstStream(const ast::Choice &c);
  void average(const ast::Average &a);
  void refinement(const ast::Refinement &r);
  void checkNext(const Expr &next, const Refinement &refinement);
  Number share(const ast::Expr &e, const std::string &what);

  Model &model;
  Names &names;
  Numbers &numbers;
  Declarations &declarations;
  Report &report;
  Expressions &expressions;
  Lets lets;
  Steps steps;
};

} // namespace gan::dsl
