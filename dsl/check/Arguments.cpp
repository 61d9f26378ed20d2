// Finds the row's argument that each written one is meant for, by its name or by its position. A mistake in one does
// not hide those in others.
#include "dsl/check/Arguments.h"

#include <algorithm>

namespace gan::dsl {

std::optional<std::vector<LayerArg>> Arguments::of(const ast::Layer &layer, const LayerRow &row, const Chain &chain) {
  std::vector<LayerArg> args;
  for (const ArgRow &arg : row.args)
    args.push_back({std::string(arg.name), {}, {}});
  Given given(row.args.size());
  bool ok = true;
  size_t next = 0;
  for (const ast::Argument &a : layer.arguments) {
    std::optional<size_t> i = a.name.text.empty() ? unnamed(a, row, next) : named(a, row);
    bool again = i && given[*i] && row.args[*i].type != ArgType::Refs;
    if (again)
      report.error(Id::Repeated, a.span, {std::string(row.args[*i].name)});
    if (i)
      given[*i] = true;
    ok &= i && !again && values.add(row.args[*i], a, chain, args[*i]);
  }
  ok &= fillIn(layer, row, given, args);
  return ok ? std::optional(std::move(args)) : std::nullopt;
}

/// The argument at the `next` position. One that takes names takes any number of them.
std::optional<size_t> Arguments::unnamed(const ast::Argument &a, const LayerRow &row, size_t &next) {
  bool takesNames = row.args.size() == 1 && row.args[0].type == ArgType::Refs;
  size_t i = takesNames ? 0 : next++;
  if (i > 0 && sizeBehindSize(a, row, i))
    return std::nullopt;
  if (i < row.args.size())
    return i;
  report.error(Id::ExtraArgument, a.span,
               {std::string(row.spelling), std::to_string(row.args.size()) + " arguments", "one more"});
  return std::nullopt;
}

/// The argument of this name. A misspelled one counts as the one that was meant, which is then neither missing nor
/// unchecked: the mistake is told once.
std::optional<size_t> Arguments::named(const ast::Argument &a, const LayerRow &row) {
  std::vector<std::string> known;
  for (const ArgRow &arg : row.args)
    known.emplace_back(arg.name);
  auto position = [&](const std::string &name) {
    auto it = std::find(known.begin(), known.end(), name);
    return it == known.end() ? std::nullopt : std::optional(size_t(it - known.begin()));
  };
  if (std::optional<size_t> i = position(a.name.text))
    return i;
  report.suggest(report.error(Id::UnknownName, a.name.span, {"argument of " + std::string(row.spelling), a.name.text}),
                 a.name.text, known, a.name.span, "argument");
  return advice("argument", a.name.text).empty() ? position(nearest(a.name.text, known)) : std::nullopt;
}

/// `linear 784, 400`: a number that stands where no number is allowed means that the size of the input was given too.
/// Reports it.
bool Arguments::sizeBehindSize(const ast::Argument &a, const LayerRow &row, size_t i) {
  bool number = a.value && a.value->kind == ast::ExprKind::Number;
  if (!number || (i < row.args.size() && row.args[i].type != ArgType::Flag))
    return false;
  std::string allowed = i == 1 ? "one number" : std::to_string(i) + " arguments without a name";
  report.error(Id::ExtraArgument, a.span, {std::string(row.spelling), allowed, "one more"})
      .notes.push_back({a.span, "a layer is given its own size only: what comes in follows from the layer before"});
  return true;
}

/// Fills in defaults, and reports arguments that have none. Whether none is missing.
bool Arguments::fillIn(const ast::Layer &layer, const LayerRow &row, const Given &given, std::vector<LayerArg> &args) {
  bool ok = true;
  for (size_t i = 0; i < row.args.size(); ++i) {
    const ArgRow &arg = row.args[i];
    if (given[i] || arg.fallback.empty())
      continue;
    if (arg.fallback == "!") {
      report.error(Id::MissingArgument, layer.span,
                   {std::string(row.spelling), "`" + std::string(arg.name) + "`: " + std::string(arg.doc)});
      ok = false;
      continue;
    }
    double v = 0;
    if (arg.type == ArgType::Flag)
      v = arg.fallback == "on";
    else if (arg.type != ArgType::Choice) // the first word of a Choice is the default
      v = std::stod(std::string(arg.fallback));
    args[i].values.assign(arg.type == ArgType::Pair ? 2 : 1, literalNumber(v));
  }
  return ok;
}

} // namespace gan::dsl
