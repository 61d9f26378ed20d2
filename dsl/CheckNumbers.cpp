// Checks numbers that the host knows: literals, constants, schedules, and arithmetic over them.
#include "dsl/CheckState.h"
#include "dsl/Tables.h"

#include <algorithm>
#include <cmath>

namespace gan::dsl {

/// The operation that a model calls by this name; nothing if there is none.
static std::optional<NumberOp> numberFunction(std::string_view name) {
  for (size_t op = 0; op < numberOpRows().size(); ++op)
    if (numberOpRows()[op].byName && numberOpRows()[op].word == name)
      return NumberOp(op);
  return std::nullopt;
}

/// Whether nothing in the expression depends on a sample or on randomness.
bool Check::isNumber(const ast::Expr &e) const {
  switch (e.kind) {
  case ast::ExprKind::Number:
    return true;
  case ast::ExprKind::Name: {
    const Entity *entity = lookup(e.name.text);
    return entity ? entity->kind == Entity::Constant : e.name.text == "epoch";
  }
  case ast::ExprKind::Call: {
    const std::string &callee = e.operands[0]->name.text;
    if (callee == "ramp" || callee == "decay")
      return true;
    return numberFunction(callee) && std::all_of(e.arguments.begin(), e.arguments.end(),
                                                 [&](const ast::Argument &a) { return a.value && isNumber(*a.value); });
  }
  case ast::ExprKind::Unary:
  case ast::ExprKind::Binary:
    if (e.name.text == "<" || e.name.text == ">" || e.name.text == "and" || e.name.text == "or" || e.name.text == "not")
      return false;
    for (const ast::ExprPtr &operand : e.operands)
      if (!isNumber(*operand))
        return false;
    return true;
  default:
    return false;
  }
}

/// The value of an operation on literals; `b` is the last operand of two.
static double evaluated(NumberOp op, double a, double b) {
  double c = 1, updates = 0, epoch = 0, epochs = 0; // schedules are not folded
  switch (op) {
#define GAN_CASE(NAME, Kind, word, operands, by_name, value)                                                           \
  case NumberOp::Kind:                                                                                                 \
    return value;
    GAN_NUMBER_OPS(GAN_CASE)
#undef GAN_CASE
  default:
    return a;
  }
}

/// Evaluates literal parts of an expression, so that `1/1.000004` is one number wherever it stands.
static void foldLiterals(Number &n) {
  std::vector<Number::Term> folded;
  for (const Number::Term &t : n.terms) {
    size_t count = t.op < NumberOp::RampSteps ? numberOpRows()[size_t(t.op)].operands : 0; // except schedules
    bool literals = count > 0 && folded.size() >= count &&
                    std::all_of(folded.end() - ptrdiff_t(count), folded.end(),
                                [](const Number::Term &operand) { return operand.op == NumberOp::Literal; });
    if (!literals) {
      folded.push_back(t);
      continue;
    }
    double a = folded[folded.size() - count].value, b = folded.back().value;
    folded.resize(folded.size() - count);
    folded.push_back({NumberOp::Literal, evaluated(t.op, a, b) + 0.0, -1}); // -0 becomes 0
  }
  n.terms = std::move(folded);
}

/// Reports literals that a kernel cannot compute with, such as 0/0, 1/0, log(-1) and 1e39.
void Check::finite(const Number &n, const ast::Expr &e) {
  for (const Number::Term &t : n.terms)
    if (t.op == NumberOp::Literal && !(std::abs(t.value) <= double(std::numeric_limits<float>::max()))) {
      char found[40];
      snprintf(found, sizeof found, "%g", std::isnan(t.value) ? std::abs(t.value) : t.value);
      error(Id::OutOfRange, e.span,
            {std::string(source.text(e.span).substr(0, 40)), "a number of single precision, from -3.4e38 to 3.4e38",
             found});
      return;
    }
}

Number Check::number(const ast::Expr &e) {
  Number out;
  numberTerms(e, out);
  if (out.terms.empty())
    out.terms.push_back({NumberOp::Literal, 0, -1});
  foldLiterals(out);
  finite(out, e);
  return out;
}

void Check::numberTerms(const ast::Expr &e, Number &out) {
  auto bad = [&](const std::string &found) {
    error(Id::WrongType, e.span, {"a number", found});
    out.terms.push_back({NumberOp::Literal, 1, -1});
  };
  switch (e.kind) {
  case ast::ExprKind::Number:
    out.terms.push_back({NumberOp::Literal, e.number, -1});
    return;
  case ast::ExprKind::Name:
    if (const Entity *entity = lookup(e.name.text); entity && entity->kind == Entity::Constant)
      out.terms.push_back({NumberOp::Constant, 0, entity->index});
    else if (!entity && e.name.text == "epoch")
      out.terms.push_back({NumberOp::Epoch, 0, -1});
    else if (!find(e.name, "constant", {Entity::Constant}))
      out.terms.push_back({NumberOp::Literal, 1, -1});
    return;
  case ast::ExprKind::Call:
    return numberCall(e, out);
  case ast::ExprKind::Unary:
    if (e.name.text != "-")
      return bad("`" + e.name.text + "`");
    numberTerms(*e.operands[0], out);
    out.terms.push_back({NumberOp::Neg, 0, -1});
    return;
  case ast::ExprKind::Binary: {
    static constexpr std::pair<std::string_view, NumberOp> operators[] = {
        {"+", NumberOp::Add}, {"-", NumberOp::Sub}, {"*", NumberOp::Mul}, {"/", NumberOp::Div}, {"^", NumberOp::Pow}};
    for (auto &[spelling, op] : operators)
      if (e.name.text == spelling) {
        numberTerms(*e.operands[0], out);
        numberTerms(*e.operands[1], out);
        out.terms.push_back({op, 0, -1});
        return;
      }
    return bad("a condition");
  }
  default:
    return bad("something else");
  }
}

/// Checks ramp(a, b, over n epochs|steps), decay(v, by f per step|epoch), or a function of numbers.
void Check::numberCall(const ast::Expr &e, Number &out) {
  const std::string &callee = e.operands[0]->name.text;
  auto all = [&] {
    for (const ast::Argument &a : e.arguments)
      if (a.value)
        numberTerms(*a.value, out);
  };
  auto is = [](const std::string &unit, std::string_view one) { return unit == one || unit == std::string(one) + "s"; };
  if (callee == "ramp" || callee == "decay") {
    bool ramp = callee == "ramp";
    size_t count = ramp ? 3 : 2;
    if (e.arguments.size() != count || e.arguments.back().name.text != (ramp ? "over" : "by")) {
      error(Id::MissingArgument, e.span,
            {callee, ramp ? "`(from, to, over n epochs)` or `.. over n steps)`"
                          : "`(value, by factor per step)` or `.. per epoch)`"});
      out.terms.push_back({NumberOp::Literal, 1, -1});
      return;
    }
    const std::string &unit = e.arguments.back().unit.text;
    if (!is(unit, "step") && !is(unit, "epoch"))
      error(Id::WrongType, e.arguments.back().span,
            {"`steps` or `epochs` after the number", unit.empty() ? "none" : "`" + unit + "`"});
    all();
    NumberOp op = ramp ? (is(unit, "step") ? NumberOp::RampSteps : NumberOp::RampEpochs)
                       : (is(unit, "step") ? NumberOp::DecaySteps : NumberOp::DecayEpochs);
    out.terms.push_back({op, 0, -1});
    return;
  }
  if (std::optional<NumberOp> op = numberFunction(callee);
      op && e.arguments.size() == numberOpRows()[size_t(*op)].operands) {
    all();
    out.terms.push_back({*op, 0, -1});
    return;
  }
  std::vector<std::string> names{"ramp", "decay"};
  std::string list;
  for (const NumberOpRow &row : numberOpRows())
    if (row.byName)
      names.emplace_back(row.word);
  for (const std::string &name : names)
    list += (list.empty() ? "`" : "`, `") + name;
  Diagnostic &d = error(Id::UnknownName, e.operands[0]->span, {"function of numbers", callee});
  suggest(d, callee, names, e.operands[0]->span);
  d.notes.push_back({e.operands[0]->span, "there are " + list + "`"});
  out.terms.push_back({NumberOp::Literal, 1, -1});
}

std::optional<double> Check::literal(const ast::Expr &e, std::string_view what) {
  size_t before = diagnostics.size();
  Number n = number(e);
  if (diagnostics.size() != before)
    return std::nullopt;
  if (!n.literal())
    error(Id::ArgumentType, e.span, {std::string(what), "a fixed number", "one that can change"});
  return n.literal();
}

std::optional<int64_t> Check::whole(const ast::Expr &e, std::string_view what, double lo, double hi) {
  std::optional<double> v = literal(e, what);
  if (!v)
    return std::nullopt;
  auto text = [](double d) {
    char buffer[40];
    snprintf(buffer, sizeof buffer, "%.15g", d);
    return std::string(buffer);
  };
  if (*v != std::floor(*v) || *v < lo || *v > hi) {
    error(Id::OutOfRange, e.span, {std::string(what), "a whole number from " + text(lo) + " to " + text(hi), text(*v)});
    return std::nullopt;
  }
  return int64_t(*v);
}

} // namespace gan::dsl
