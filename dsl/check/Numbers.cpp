// Checks numbers. Parts that are literals are computed here, so that `1 / 3` is one number wherever it stands; what is
// left for the host are constants and schedules.
#include "dsl/check/Numbers.h"

#include "dsl/Tables.h"

#include <algorithm>
#include <cmath>

namespace gan::dsl {
namespace {

/// The operation that a model calls by this name; nothing if there is none.
std::optional<NumberOp> numberFunction(std::string_view name) {
  for (size_t op = 0; op < numberOpRows().size(); ++op)
    if (numberOpRows()[op].byName && numberOpRows()[op].word == name)
      return NumberOp(op);
  return std::nullopt;
}

/// The value of an operation on literals; `b` is the last operand of two.
double evaluated(NumberOp op, double a, double b) {
  double c = 1, updates = 0, epoch = 0, epochs = 0, ranks = 1, time = 1; // schedules are not folded
  auto lowered = [](double) { return 0; };
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
void foldLiterals(Number &n) {
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

/// A schedule: plain numbers, then one behind a word, and its unit. `steps` and `epochs` are the operations for each
/// unit; a schedule that has no operation for epochs goes by steps alone.
struct Schedule {
  std::string_view name;
  std::vector<std::string_view> words; ///< the word in front of each argument; "" for none
  NumberOp steps, epochs;
  std::string_view usage;
};

const std::vector<Schedule> &schedules() {
  using enum NumberOp;
  static const std::vector<Schedule> all = {
      {"ramp", {"", "", "over"}, RampSteps, RampEpochs, "`(from, to, over n epochs)` or `.. over n steps)`"},
      {"decay", {"", "by"}, DecaySteps, DecayEpochs, "`(value, by factor per step)` or `.. per epoch)`"},
      {"cosine", {"", "", "over"}, CosineSteps, CosineEpochs, "`(from, to, over n epochs)` or `.. over n steps)`"},
      {"cyclic", {"", "", "over"}, CyclicSteps, CyclicEpochs, "`(from, to, over n epochs)` or `.. over n steps)`"},
      {"steps", {"", "by", "over"}, StairsSteps, StairsEpochs, "`(value, by factor, over n epochs)` or `.. n steps)`"},
      {"warm_up", {"", "over"}, WarmUpSteps, WarmUpSteps, "`(value, over n steps)`"},
  };
  return all;
}

const Schedule *scheduleOf(std::string_view name) {
  auto it = std::find_if(schedules().begin(), schedules().end(), [&](const Schedule &s) { return s.name == name; });
  return it == schedules().end() ? nullptr : &*it;
}

/// Whether the arguments of a schedule are as many as it takes, each behind its word.
bool isWritten(const ast::Expr &e, const Schedule &schedule) {
  if (e.arguments.size() != schedule.words.size())
    return false;
  for (size_t i = 0; i < e.arguments.size(); ++i)
    if (e.arguments[i].name.text != schedule.words[i])
      return false;
  return true;
}

} // namespace

void checkPlateaus(const Model &model, Report &report) {
  std::vector<std::string> known;
  for (const Metric &m : model.metrics)
    known.push_back(m.name);
  for (const Step &s : model.steps)
    for (const Objective &o : s.objectives)
      for (const Term &t : o.terms)
        known.push_back(t.name);
  for (const Plateau &p : model.plateaus)
    if (std::find(known.begin(), known.end(), p.metric) == known.end())
      report.suggest(report.error(Id::UnknownName, p.span, {"metric or objective", p.metric}), p.metric, known, p.span);
}

int addConstant(Model &model, const std::string &name, Number value, Span span) {
  model.constants.push_back({name, std::move(value), span});
  return int(model.constants.size()) - 1;
}

bool Numbers::isNumber(const ast::Expr &e) const {
  switch (e.kind) {
  case ast::ExprKind::Number:
    return true;
  case ast::ExprKind::Name: {
    const Entity *entity = names.lookup(e.name.text);
    return entity ? entity->kind == Entity::Constant : e.name.text == "epoch" || (timed && e.name.text == "time");
  }
  case ast::ExprKind::Call: {
    const std::string &callee = e.operands[0]->name.text;
    if (scheduleOf(callee) || callee == "plateau")
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

/// Reports literals that a kernel cannot compute with, such as 0/0, 1/0, log(-1) and 1e39.
void Numbers::finite(const Number &n, const ast::Expr &e) {
  for (const Number::Term &t : n.terms)
    if (t.op == NumberOp::Literal && !(std::abs(t.value) <= double(std::numeric_limits<float>::max()))) {
      char found[40];
      snprintf(found, sizeof found, "%g", std::isnan(t.value) ? std::abs(t.value) : t.value);
      report.error(Id::OutOfRange, e.span,
                   {report.text(e.span).substr(0, 40), "a number of single precision, from -3.4e38 to 3.4e38", found});
      return;
    }
}

Number Numbers::number(const ast::Expr &e) {
  Number out;
  terms(e, out);
  if (out.terms.empty())
    out.terms.push_back({NumberOp::Literal, 0, -1});
  foldLiterals(out);
  finite(out, e);
  return out;
}

/// Reports the expression, and puts a number in its place, so that the rest is checked as well.
void Numbers::notANumber(const ast::Expr &e, const std::string &found, Number &out) {
  report.error(Id::WrongType, e.span, {"a number", found});
  out.terms.push_back({NumberOp::Literal, 1, -1});
}

void Numbers::terms(const ast::Expr &e, Number &out) {
  switch (e.kind) {
  case ast::ExprKind::Number:
    out.terms.push_back({NumberOp::Literal, e.number, -1});
    return;
  case ast::ExprKind::Name:
    if (const Entity *entity = names.lookup(e.name.text); entity && entity->kind == Entity::Constant)
      out.terms.push_back({NumberOp::Constant, 0, entity->index});
    else if (!entity && e.name.text == "epoch")
      out.terms.push_back({NumberOp::Epoch, 0, -1});
    else if (!entity && timed && e.name.text == "time")
      out.terms.push_back({NumberOp::Time, 0, -1});
    else if (!names.find(e.name, "constant", {Entity::Constant}))
      out.terms.push_back({NumberOp::Literal, 1, -1});
    return;
  case ast::ExprKind::Call:
    return call(e, out);
  case ast::ExprKind::Unary:
    if (e.name.text != "-")
      return notANumber(e, "`" + e.name.text + "`", out);
    terms(*e.operands[0], out);
    out.terms.push_back({NumberOp::Neg, 0, -1});
    return;
  case ast::ExprKind::Binary:
    return binary(e, out);
  default:
    return notANumber(e, "something else", out);
  }
}

void Numbers::binary(const ast::Expr &e, Number &out) {
  static constexpr std::pair<std::string_view, NumberOp> operators[] = {
      {"+", NumberOp::Add}, {"-", NumberOp::Sub}, {"*", NumberOp::Mul}, {"/", NumberOp::Div}, {"^", NumberOp::Pow}};
  for (auto &[spelling, op] : operators)
    if (e.name.text == spelling) {
      terms(*e.operands[0], out);
      terms(*e.operands[1], out);
      out.terms.push_back({op, 0, -1});
      return;
    }
  notANumber(e, "a condition", out);
}

void Numbers::arguments(const ast::Expr &e, Number &out) {
  for (const ast::Argument &a : e.arguments)
    if (a.value)
      terms(*a.value, out);
}

/// Checks a schedule, such as ramp(a, b, over n epochs), or a function of numbers.
void Numbers::call(const ast::Expr &e, Number &out) {
  const std::string &callee = e.operands[0]->name.text;
  if (scheduleOf(callee))
    return schedule(e, out);
  if (callee == "plateau")
    return plateau(e, out);
  if (std::optional<NumberOp> op = numberFunction(callee);
      op && e.arguments.size() == numberOpRows()[size_t(*op)].operands) {
    arguments(e, out);
    out.terms.push_back({*op, 0, -1});
    return;
  }
  unknownFunction(e);
  out.terms.push_back({NumberOp::Literal, 1, -1});
}

void Numbers::schedule(const ast::Expr &e, Number &out) {
  auto is = [](const std::string &unit, std::string_view one) { return unit == one || unit == std::string(one) + "s"; };
  const Schedule &schedule = *scheduleOf(e.operands[0]->name.text);
  if (!isWritten(e, schedule)) {
    report.error(Id::MissingArgument, e.span, {std::string(schedule.name), std::string(schedule.usage)});
    out.terms.push_back({NumberOp::Literal, 1, -1});
    return;
  }
  const std::string &unit = e.arguments.back().unit.text;
  bool bySteps = is(unit, "step"), both = schedule.steps != schedule.epochs;
  if (!bySteps && !(both && is(unit, "epoch")))
    report.error(Id::WrongType, e.arguments.back().span,
                 {both ? "`steps` or `epochs` after the number" : "`steps` after the number",
                  unit.empty() ? "none" : "`" + unit + "`"});
  arguments(e, out);
  out.terms.push_back({bySteps ? schedule.steps : schedule.epochs, 0, -1});
}

/// plateau(value, by factor, after n epochs, minimize metric)
void Numbers::plateau(const ast::Expr &e, Number &out) {
  std::vector<std::string> words;
  for (const ast::Argument &a : e.arguments)
    words.push_back(a.name.text);
  bool maximize = words.size() == 4 && words[3] == "maximize";
  bool written = words.size() == 4 && words[0].empty() && words[1] == "by" && words[2] == "after" &&
                 (maximize || words[3] == "minimize");
  const ast::Expr *metric = written ? e.arguments[3].value.get() : nullptr;
  if (!metric || metric->kind != ast::ExprKind::Name) {
    report.error(Id::MissingArgument, e.span,
                 {"plateau", "`(value, by factor, after n epochs, minimize metric)` or `.. maximize metric)`"});
    out.terms.push_back({NumberOp::Literal, 1, -1});
    return;
  }
  const ast::Argument &after = e.arguments[2];
  if (after.unit.text != "epochs" && after.unit.text != "epoch")
    report.error(Id::WrongType, after.span,
                 {"`epochs` after the number: a metric is looked at when an epoch ends",
                  after.unit.text.empty() ? "none" : "`" + after.unit.text + "`"});
  for (size_t i : {0, 1})
    if (e.arguments[i].value)
      terms(*e.arguments[i].value, out);
  Plateau plateau{metric->name.text, maximize, 1, metric->span};
  if (after.value)
    plateau.epochs = whole(*after.value, "epochs of a plateau", 1, 1e6).value_or(1);
  auto known = std::find_if(model.plateaus.begin(), model.plateaus.end(), // a number may be checked more than once
                            [&](const Plateau &p) { return p.span.begin == metric->span.begin; });
  if (known == model.plateaus.end())
    known = model.plateaus.insert(known, plateau);
  out.terms.push_back({NumberOp::Literal, double(known - model.plateaus.begin()), -1});
  out.terms.push_back({NumberOp::Plateau, 0, -1});
}

void Numbers::unknownFunction(const ast::Expr &e) {
  const ast::Expr &callee = *e.operands[0];
  std::vector<std::string> functions;
  std::string list;
  for (const Schedule &schedule : schedules())
    functions.emplace_back(schedule.name);
  functions.emplace_back("plateau");
  for (const NumberOpRow &row : numberOpRows())
    if (row.byName)
      functions.emplace_back(row.word);
  for (const std::string &name : functions)
    list += (list.empty() ? "`" : "`, `") + name;
  Diagnostic &d = report.error(Id::UnknownName, callee.span, {"function of numbers", callee.name.text});
  report.suggest(d, callee.name.text, functions, callee.span);
  d.notes.push_back({callee.span, "there are " + list + "`"});
}

std::optional<double> Numbers::literal(const ast::Expr &e, std::string_view what) {
  size_t before = report.mistakes();
  Number n = number(e);
  if (report.mistakes() != before)
    return std::nullopt;
  if (!n.literal())
    report.error(Id::ArgumentType, e.span, {std::string(what), "a fixed number", "one that can change"});
  return n.literal();
}

std::optional<int64_t> Numbers::whole(const ast::Expr &e, std::string_view what, double lo, double hi) {
  std::optional<double> v = literal(e, what);
  if (!v)
    return std::nullopt;
  auto text = [](double d) {
    char buffer[40];
    snprintf(buffer, sizeof buffer, "%.15g", d);
    return std::string(buffer);
  };
  if (*v != std::floor(*v) || *v < lo || *v > hi) {
    report.error(Id::OutOfRange, e.span,
                 {std::string(what), "a whole number from " + text(lo) + " to " + text(hi), text(*v)});
    return std::nullopt;
  }
  return int64_t(*v);
}

} // namespace gan::dsl
