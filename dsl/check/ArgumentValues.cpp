// Checks the value of one argument. What is short for several numbers is written out: `kernel 4` becomes (4, 4).
#include "dsl/check/ArgumentValues.h"

#include <algorithm>
#include <cmath>

namespace gan::dsl {

bool ArgumentValues::add(const ArgRow &row, const ast::Argument &argument, const Chain &chain, LayerArg &out) {
  if (!argument.value)
    return false;
  switch (row.type) {
  case ArgType::Refs: {
    std::optional<Ref> ref = references.find(*argument.value, chain);
    if (ref)
      out.refs.push_back(std::move(*ref));
    return ref.has_value();
  }
  case ArgType::Choice:
    return choice(row, *argument.value, out);
  case ArgType::Flag:
    return flag(row, *argument.value, out);
  case ArgType::Real:
    return real(row, argument, out);
  default:
    return sizes(row, argument, out);
  }
}

bool ArgumentValues::flag(const ArgRow &row, const ast::Expr &e, LayerArg &out) {
  if (e.kind == ast::ExprKind::Name && (e.name.text == "on" || e.name.text == "off")) {
    out.values.push_back(literalNumber(e.name.text == "on"));
    return true;
  }
  std::string found = report.text(e.span);
  Diagnostic &d = report.error(Id::ArgumentType, e.span, {std::string(row.name), "`on` or `off`", "`" + found + "`"});
  for (std::string_view no : {"False", "false", "no", "None", "0"})
    if (found == no)
      d.fix = Fix{e.span, "off"};
  for (std::string_view yes : {"True", "true", "yes", "1"})
    if (found == yes)
      d.fix = Fix{e.span, "on"};
  return false;
}

bool ArgumentValues::choice(const ArgRow &row, const ast::Expr &e, LayerArg &out) {
  std::vector<std::string> words = choicesOf(row);
  auto word = std::find(words.begin(), words.end(), e.kind == ast::ExprKind::Name ? e.name.text : "");
  if (word != words.end()) {
    out.values.push_back(literalNumber(double(word - words.begin())));
    return true;
  }
  std::string all;
  for (const std::string &w : words)
    all += (all.empty() ? "`" : w == words.back() ? " or `" : ", `") + w + "`";
  report.suggest(report.error(Id::ArgumentType, e.span,
                              {std::string(row.name), all, "`" + report.text(e.span).substr(0, 40) + "`"}),
                 e.name.text, words, e.span);
  return false;
}

bool ArgumentValues::real(const ArgRow &row, const ast::Argument &argument, LayerArg &out) {
  const ast::Expr &e = *argument.value;
  size_t before = report.mistakes();
  out.values.push_back(numbers.number(e));
  std::optional<double> v = out.values[0].literal();
  if (v && report.mistakes() == before && (*v < row.lo || *v > row.hi)) {
    char text[96];
    snprintf(text, sizeof text, "from %g to %g", row.lo, row.hi);
    char found[40];
    snprintf(found, sizeof found, "%g", *v);
    Diagnostic &d = report.error(Id::OutOfRange, e.span, {std::string(row.name), text, found});
    if (argument.name.text.empty() && *v > 1 && *v == std::floor(*v) && row.hi <= 1)
      d.notes.push_back({e.span, "the size of what comes in is never given: it follows from the layer before"});
  }
  return report.mistakes() == before;
}

/// How many numbers an argument of this type takes; "" if `count` is right.
static std::string wantedSizes(ArgType type, size_t count) {
  switch (type) {
  case ArgType::Shape:
    return count == 1 || count == 3 ? "" : "(n) or (C, H, W)";
  case ArgType::Sides:
    return count == 1 || count == 2 || count == 4 ? "" : "one, two or four numbers";
  case ArgType::Pair:
    return count <= 2 ? "" : "one or two numbers";
  default:
    return count == 1 ? "" : "one number";
  }
}

/// Whole numbers. A pair of equal ones may be written as one; of the sides of an image, rows and columns may be.
bool ArgumentValues::sizes(const ArgRow &row, const ast::Argument &argument, LayerArg &out) {
  const ast::Expr &e = *argument.value;
  std::vector<const ast::Expr *> values;
  if (e.kind == ast::ExprKind::Tuple)
    for (const ast::ExprPtr &operand : e.operands)
      values.push_back(operand.get());
  else
    values.push_back(&e);
  if (std::string wanted = wantedSizes(row.type, values.size()); !wanted.empty()) {
    Diagnostic &d = report.error(Id::ArgumentType, e.span,
                                 {std::string(row.name), wanted, std::to_string(values.size()) + " numbers"});
    if (row.type == ArgType::Whole && argument.name.text.empty())
      d.notes.push_back({e.span, "a layer is given its own size only: what comes in follows from the layer before"});
    return false;
  }
  for (const ast::Expr *v : values) {
    std::optional<int64_t> size = numbers.whole(*v, row.name, row.lo, row.hi);
    if (!size)
      return false;
    out.values.push_back(literalNumber(double(*size)));
  }
  if (row.type == ArgType::Pair && out.values.size() == 1)
    out.values.push_back(out.values[0]);
  if (row.type == ArgType::Sides && out.values.size() < 4) {
    Number rows = out.values[0], columns = out.values.back();
    out.values = {rows, rows, columns, columns};
  }
  return true;
}

} // namespace gan::dsl
