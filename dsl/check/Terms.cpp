// Visits all that a term or a metric is computed from, also through lets, and reports what must not be mixed.
#include "dsl/check/Terms.h"

#include <algorithm>
#include <set>

namespace gan::dsl {
namespace {

bool calls(const Expr &e, Function function) { return e.kind == ExprKind::Call && e.function == function; }

/// Reports labels in terms outside the first stream, because only that has labels.
void checkLabels(const Model &model, const Term &term, Report &report) {
  if (model.streams.empty() || term.stream == 0)
    return;
  visitAll(model, *term.value, [&](const Expr &e) {
    if (e.kind == ExprKind::Data && model.data[e.index].kind == DataKind::Categorical)
      report.error(Id::LabelOutsideStream, term.span, {model.data[e.index].name, model.streams[0].name})
          .notes.push_back({model.streams[0].span, "declared here"});
  });
}

/// Whether the value of an expression differs from batch to batch.
bool varies(const Model &model, const Expr &root) {
  bool found = false;
  visitAll(model, root, [&](const Expr &e) {
    found |= e.kind == ExprKind::Data || e.kind == ExprKind::Latent || e.kind == ExprKind::Fresh ||
             calls(e, Function::Sample) || calls(e, Function::Shuffle);
  });
  return found;
}

/// Reports lets from outside a step that runs several times in an iteration: each run has its own batch and draws, so
/// values from other ones must not mix in.
void checkRepeatedLets(const Model &model, const Expr &root, const Step &step, Report &report) {
  visitAll(model, root, [&](const Expr &e) {
    if (e.kind != ExprKind::Let || model.lets[e.index].step >= 0 || !varies(model, *model.lets[e.index].value))
      return;
    report.error(Id::RepeatedLet, e.span, {model.lets[e.index].name, std::to_string(step.times)})
        .notes.push_back({model.lets[e.index].span, "computed here, before the steps"});
  });
}

/// Reports a `log_mean_exp` inside another.
void checkNestedDraws(const Model &model, const Expr &outer, Report &report) {
  visitAll(model, *outer.args[1], [&](const Expr &inner) {
    if (calls(inner, Function::LogMeanExp))
      report.error(Id::NestedDraws, inner.span).notes.push_back({outer.span, "this is the other one"});
  });
}

/// Reports a gradient of a block with a batch norm, in which each sample's value depends on all samples.
void checkGradient(const Model &model, const Expr &gradient, Report &report) {
  std::set<const Expr *> given; // what the gradient is taken with respect to: how that was computed does not matter
  visitAll(model, *gradient.args[1], [&](const Expr &e) { given.insert(&e); });
  visitAll(model, *gradient.args[0], [&](const Expr &e) {
    if (e.kind != ExprKind::Apply || given.count(&e))
      return;
    const Block &block = model.blocks[e.index];
    auto norm = std::find_if(block.layers.begin(), block.layers.end(),
                             [](const Layer &layer) { return layer.kind == LayerKind::BatchNorm; });
    if (norm != block.layers.end())
      report.error(Id::NormUnderPenalty, gradient.span, {block.name}).notes.push_back({norm->span, "it stands here"});
  });
}

} // namespace

void checkTerm(const Model &model, const Term &term, const Step &step, Report &report) {
  checkLabels(model, term, report);
  checkDraws(model, *term.value, report);
  if (step.times > 1)
    checkRepeatedLets(model, *term.value, step, report);
}

void checkDraws(const Model &model, const Expr &root, Report &report) {
  visitAll(model, root, [&](const Expr &e) {
    if (calls(e, Function::LogMeanExp))
      checkNestedDraws(model, e, report);
    if (calls(e, Function::Grad))
      checkGradient(model, e, report);
  });
}

} // namespace gan::dsl
