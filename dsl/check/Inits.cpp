// Checks rules for initial values against the table of initialisers.
#include "dsl/check/Inits.h"

#include <algorithm>
#include <numbers>

namespace gan::dsl {
namespace {

/// An initialiser: its word, how many arguments it takes, and what they are if they are left out.
struct Row {
  std::string_view spelling;
  InitKind kind;
  size_t fewest, most;
  double a, b;
};

constexpr Row rows[] = {{"constant", InitKind::Constant, 1, 1, 0, 0},
                        {"normal", InitKind::Normal, 2, 2, 0, 1},
                        {"uniform", InitKind::Uniform, 2, 2, 0, 1},
                        {"glorot_uniform", InitKind::GlorotUniform, 0, 0, 0, 0},
                        {"glorot_normal", InitKind::GlorotNormal, 0, 0, 0, 0},
                        {"he_uniform", InitKind::HeUniform, 0, 1, std::numbers::sqrt2, 0},
                        {"he_normal", InitKind::HeNormal, 0, 1, std::numbers::sqrt2, 0},
                        {"orthogonal", InitKind::Orthogonal, 0, 1, 1, 0}};

constexpr std::string_view roles[] = {"weight", "bias", "scale", "shift"}; // in the order of ParamRole

} // namespace

void Inits::checkFile() {
  for (const ast::InitRule &written : ofFile)
    rule(written);
}

Init Inits::of(ParamRole role, const Init &fallback, const std::vector<ast::InitRule> &ofBlock) {
  for (const std::vector<ast::InitRule> *written : {&ofBlock, &ofFile}) {
    std::optional<Init> found;
    for (const ast::InitRule &w : *written)
      if (std::optional<Rule> r = rule(w); r && r->role == role)
        found = r->init;
    if (found)
      return *found;
  }
  return fallback;
}

std::optional<Inits::Rule> Inits::rule(const ast::InitRule &written) {
  const ast::Name &role = written.role;
  auto at = std::find(std::begin(roles), std::end(roles), role.text);
  if (at == std::end(roles)) {
    report.suggest(report.error(Id::UnknownName, role.span, {"kind of tensor", role.text}), role.text,
                   {roles, roles + 4}, role.span, "kind of tensor");
    return std::nullopt;
  }
  std::optional<Init> init = written.value ? initialiser(*written.value) : std::nullopt;
  return init ? std::optional(Rule{ParamRole(at - roles), *init}) : std::nullopt;
}

std::optional<Init> Inits::initialiser(const ast::Expr &e) {
  const std::string &name = e.kind == ast::ExprKind::Call ? e.operands[0]->name.text : e.name.text;
  auto row = std::find_if(std::begin(rows), std::end(rows), [&](const Row &r) { return r.spelling == name; });
  if (row == std::end(rows)) {
    unknownInitialiser(e, name);
    return std::nullopt;
  }
  if (e.arguments.size() < row->fewest || e.arguments.size() > row->most) {
    report.error(Id::MissingArgument, e.span,
                 {name, row->most == 0   ? "no arguments"
                        : row->most == 1 ? "one number"
                                         : "two numbers"});
    return std::nullopt;
  }
  double values[2] = {row->a, row->b};
  for (size_t i = 0; i < e.arguments.size(); ++i)
    if (e.arguments[i].value)
      values[i] = numbers.literal(*e.arguments[i].value, "argument").value_or(0);
  return Init{row->kind, values[0], values[1]};
}

void Inits::unknownInitialiser(const ast::Expr &e, const std::string &name) {
  if (e.kind == ast::ExprKind::Number) {
    std::string text = report.text(e.span);
    report.error(Id::UnknownName, e.span, {"initialiser", text})
        .notes.push_back({e.span, "one number for all is `constant(" + text + ")`, draws are `normal(0, 0.02)`"});
    return;
  }
  std::vector<std::string> all;
  for (const Row &row : rows)
    all.emplace_back(row.spelling);
  Span span = e.kind == ast::ExprKind::Call ? e.operands[0]->span : e.span;
  report.suggest(report.error(Id::UnknownName, span, {"initialiser", name}), name, all, span, "initialiser");
}

} // namespace gan::dsl
