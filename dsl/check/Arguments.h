// The arguments of a layer: `conv 64, kernel 4, stride 2` gives one without a name and two with names.
#pragma once

#include "dsl/check/ArgumentValues.h"

namespace gan::dsl {

/// Matches the arguments of a layer with its row of Layers.def, and fills in what is left out.
class Arguments {
public:
  Arguments(References &references, Numbers &numbers, Report &report)
      : values(references, numbers, report), report(report) {}

  /// Every argument of the row, in its order; nothing if there is a mistake.
  std::optional<std::vector<LayerArg>> of(const ast::Layer &layer, const LayerRow &row, const Chain &chain);

private:
  using Given = std::vector<bool>; ///< for each argument of the row whether it is given

  std::optional<size_t> unnamed(const ast::Argument &a, const LayerRow &row, size_t &next);
  std::optional<size_t> named(const ast::Argument &a, const LayerRow &row);
  bool sizeBehindSize(const ast::Argument &a, const LayerRow &row, size_t i);
  bool fillIn(const ast::Layer &layer, const LayerRow &row, const Given &given, std::vector<LayerArg> &args);

  ArgumentValues values;
  Report &report;
};

} // namespace gan::dsl
