// The value of one argument of a layer: whole numbers, a real number, `on` or `off`, a word, or names of other values.
#pragma once

#include "dsl/Tables.h"
#include "dsl/check/Numbers.h"
#include "dsl/check/References.h"

namespace gan::dsl {

/// Checks the value of an argument against its row of Layers.def.
class ArgumentValues {
public:
  ArgumentValues(References &references, Numbers &numbers, Report &report)
      : references(references), numbers(numbers), report(report) {}

  /// Adds the value to `out`. Whether it has no mistake.
  bool add(const ArgRow &row, const ast::Argument &argument, const Chain &chain, LayerArg &out);

private:
  bool flag(const ArgRow &row, const ast::Expr &e, LayerArg &out);
  bool choice(const ArgRow &row, const ast::Expr &e, LayerArg &out);
  bool real(const ArgRow &row, const ast::Argument &argument, LayerArg &out);
  bool sizes(const ArgRow &row, const ast::Argument &argument, LayerArg &out);

  References &references;
  Numbers &numbers;
  Report &report;
};

} // namespace gan::dsl
