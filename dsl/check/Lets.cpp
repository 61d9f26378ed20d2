// Checks lets and metrics. The names of a let with a mistake are noted, so that its uses are not reported as well.
#include "dsl/check/Lets.h"

#include "dsl/check/Values.h"

namespace gan::dsl {

void Lets::let(const ast::Binding &b, int step) {
  if (!b.value)
    return giveUp(b);
  if (b.names.size() > 1)
    return draws(b, step);
  ExprPtr v = expressions.expression(*b.value);
  if (!v)
    return giveUp(b);
  add(b.names[0], v, step, b.span);
}

void Lets::giveUp(const ast::Binding &b) {
  for (const ast::Name &name : b.names)
    names.setBroken(name.text);
}

void Lets::add(const ast::Name &name, ExprPtr value, int step, Span span) {
  model.lets.push_back({name.text, std::move(value), step, span});
  names.declare(name, {Entity::Let, int(model.lets.size()) - 1, {}});
}

/// let (a, b) = fresh(z, c): each name gets one draw.
void Lets::draws(const ast::Binding &b, int step) {
  const ast::Expr &e = *b.value;
  bool fresh = e.kind == ast::ExprKind::Call && e.operands[0]->name.text == "fresh";
  if (!fresh || e.arguments.size() != b.names.size()) {
    report.error(
        Id::ExtraArgument, e.span,
        {"let", std::to_string(b.names.size()) + " values", fresh ? std::to_string(e.arguments.size()) : "one"});
    return giveUp(b);
  }
  for (size_t i = 0; i < b.names.size(); ++i)
    if (ExprPtr draw = e.arguments[i].value ? expressions.freshDraw(*e.arguments[i].value) : nullptr)
      add(b.names[i], draw, step, b.span);
}

void Lets::metric(const ast::Binding &b, int step) {
  ExprPtr v = b.value ? expressions.value(*b.value) : nullptr;
  if (!v || b.names.size() != 1)
    return;
  if (!v->type.shape.empty() || v->type.kind == TypeKind::Number) {
    report.error(Id::ObjectiveNotScalar, b.value->span, {"a metric", typeText(v->type)});
    return;
  }
  if (isFree(b.names[0]))
    model.metrics.push_back({b.names[0].text, v, step, b.span});
}

/// Whether a metric can have this name: no field of a run's records has it, and no other metric.
bool Lets::isFree(const ast::Name &metric) {
  for (std::string_view field : {
#define GAN_RUN_FIELD(name) #name,
#include "dsl/RunFields.def"
       })
    if (metric.text == field) {
      report.error(Id::ReservedName, metric.span, {metric.text}).fix = Fix{metric.span, metric.text + "_"};
      return false;
    }
  for (const Metric &m : model.metrics)
    if (m.name == metric.text) {
      report.error(Id::DuplicateName, metric.span, {m.name, "a metric"})
          .notes.push_back({m.span, "it is declared here"});
      return false;
    }
  return true;
}

} // namespace gan::dsl
