// Lets: which are computed, and when.
#include "compiler/import/Importer.h"

#include <set>

using namespace mlir;
using gan::dsl::ExprKind;

namespace gan {

std::pair<const dsl::Expr *, int> Importer::origin(const dsl::Expr &e) const {
  const dsl::Expr *o = &e;
  int output = e.output;
  while (o->kind == ExprKind::Let) {
    o = model.lets[o->index].value.get();
    if (o->type.kind != dsl::TypeKind::Block)
      output = o->output;
  }
  return {o, output};
}

/// Adds the lets that an expression is computed from, lets of lets included.
static void collectLets(const dsl::Model &model, const dsl::Expr &root, std::set<int> &lets) {
  std::vector<const dsl::Expr *> stack{&root};
  std::set<const dsl::Expr *> seen;
  while (!stack.empty()) {
    const dsl::Expr *e = stack.back();
    stack.pop_back();
    if (!seen.insert(e).second)
      continue;
    if (e->kind == ExprKind::Let && lets.insert(e->index).second)
      stack.push_back(model.lets[e->index].value.get());
    for (const dsl::ExprPtr &a : e->args)
      stack.push_back(a.get());
  }
}

/// What the steps are computed from: their own lets, and those outside that something of a step names. Metrics watch
/// only: what nothing but a metric names is not among them.
static std::set<int> activeLets(const dsl::Model &model) {
  std::set<int> lets;
  for (size_t i = 0; i < model.lets.size(); ++i)
    if (model.lets[i].step >= 0) {
      lets.insert(int(i));
      collectLets(model, *model.lets[i].value, lets);
    }
  for (const dsl::Step &s : model.steps)
    for (const dsl::Objective &o : s.objectives) {
      for (const dsl::Term &t : o.terms)
        collectLets(model, *t.value, lets);
      if (o.when)
        collectLets(model, *o.when, lets);
    }
  return lets;
}

/// With all outputs: an application that only a let makes still advances its statistics.
void Importer::evaluateLet(int index) {
  dsl::Expr let;
  let.kind = ExprKind::Let;
  let.index = index;
  bool several = model.lets[index].value->type.kind == dsl::TypeKind::Block;
  int outputs = several ? int(model.blocks[origin(let).first->index].outputs.size()) : 1;
  for (let.output = 0; let.output < outputs; ++let.output)
    evaluate(let);
}

/// Every active let of the step (-1: outside), in order: what is outside is computed before the steps.
void Importer::evaluateLets(int64_t step) {
  for (int i : activeLets(model))
    if (model.lets[i].step == step)
      evaluateLet(i);
}

/// Lets outside the steps that only metrics are computed from.
void Importer::evaluateWatchedLets() {
  std::set<int> watched, active = activeLets(model);
  for (const dsl::Metric &m : model.metrics)
    collectLets(model, *m.value, watched);
  for (int i : watched)
    if (model.lets[i].step < 0 && !active.count(i))
      evaluateLet(i);
}

} // namespace gan
