// Checks an optimizer against its row of Optimizers.def, and fills in what is left out.
#include "dsl/check/Optimizers.h"

namespace gan::dsl {

Optimizer Optimizers::of(const ast::Expr &e, const std::string &objective) {
  Optimizer out;
  out.span = e.span;
  const OptimizerRow *row = rowNamed(e.kind == ast::ExprKind::Call ? *e.operands[0] : e);
  if (!row)
    return out;
  out.kind = row->kind;
  Given given = arguments(e, *row);
  for (size_t i = 0; i < row->hypers.size(); ++i) {
    Number v = value(row->hypers[i], given[i], e, *row);
    out.constants.push_back(
        addConstant(model, objective + "." + std::string(row->hypers[i].name), std::move(v), e.span));
  }
  return out;
}

/// The row of Optimizers.def. Null if there is none, which is reported.
const OptimizerRow *Optimizers::rowNamed(const ast::Expr &name) {
  std::vector<std::string> known;
  for (const OptimizerRow &row : optimizerRows()) {
    if (row.spelling == name.name.text)
      return &row;
    known.emplace_back(row.spelling);
  }
  report.suggest(report.error(Id::UnknownName, name.span, {"optimizer", name.name.text}), name.name.text, known,
                 name.span, "optimizer");
  return nullptr;
}

/// Finds the hyper-parameter that each argument is meant for, by its name or by its position.
Optimizers::Given Optimizers::arguments(const ast::Expr &e, const OptimizerRow &row) {
  Given given(row.hypers.size());
  size_t positional = 0;
  for (const ast::Argument &a : e.arguments) {
    if (!a.value)
      continue; // the parser has reported what is wrong with it
    size_t i = positional;
    std::vector<std::string> known;
    if (a.name.text.empty())
      ++positional;
    else
      for (i = 0; i < row.hypers.size() && row.hypers[i].name != a.name.text; ++i)
        known.emplace_back(row.hypers[i].name);
    std::string spelling(row.spelling);
    if (i < row.hypers.size())
      given[i] = &a;
    else if (a.name.text.empty())
      report.error(Id::ExtraArgument, a.span, {spelling, std::to_string(row.hypers.size()) + " numbers", "one more"});
    else
      report.suggest(report.error(Id::UnknownName, a.name.span, {"hyper-parameter of " + spelling, a.name.text}),
                     a.name.text, known, a.name.span, "argument");
  }
  return given;
}

/// The value of a hyper-parameter: the `given` one, or the default of its row.
Number Optimizers::value(const HyperRow &hyper, const ast::Argument *given, const ast::Expr &e,
                         const OptimizerRow &row) {
  std::string name(hyper.name);
  if (!given && hyper.fallback == "!") {
    report.error(Id::MissingArgument, e.span, {std::string(row.spelling), "`" + name + "`"});
    return literalNumber(0);
  }
  if (!given)
    return literalNumber(std::stod(std::string(hyper.fallback)));
  Number value = numbers.number(*given->value);
  if (std::optional<double> v = value.literal(); v && *v < 0)
    report.error(Id::OutOfRange, given->span, {name, "at least 0", std::to_string(*v)});
  return value;
}

} // namespace gan::dsl
