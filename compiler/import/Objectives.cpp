// Builds objectives part by part, each part for all objectives of the step before the next one begins: values, metrics,
// gradients, limits of gradients, updates.
#include "compiler/import/Objectives.h"
#include "compiler/import/Lets.h"
#include "compiler/import/Streams.h"

using namespace mlir;

namespace gan {

void observeMetrics(Graph &graph, Expressions &expressions, int64_t step) {
  auto watching = graph.states.watch();
  if (step < 0)
    Lets(graph, expressions).watched();
  for (const dsl::Metric &m : graph.model.metrics)
    if (m.step == step)
      graph.observe(ObserveKind::Metric, m.name, expressions.average(*m.value));
}

void Objectives::build() {
  const UpdateCounts &counts = graph.declared.counts;
  countBy(counts.of(step));
  Lets(graph, expressions).ofStep();
  startUpdates();
  countBy(counts.of(step));
  observeMetrics(graph, expressions, graph.position.step);
  for (Update &u : updates)
    differentiate(u);
  for (Update &u : updates)
    accumulate(u);
  clip();
  applyUpdates();
}

void Objectives::startUpdates() {
  for (const dsl::Objective &o : step.objectives) {
    countBy(graph.declared.counts.of(o));
    if (Value function = valueOf(o))
      updates.push_back({&o, function});
  }
}

/// The sum of the terms that count in this stream, each of which is observed; null if none counts.
Value Objectives::valueOf(const dsl::Objective &o) {
  Value sum;
  for (const dsl::Term &t : o.terms) {
    if (t.stream >= 0 && t.stream != graph.position.stream)
      continue;
    Value loss = expressions.average(*t.value);
    graph.observe(ObserveKind::Loss, "loss." + t.name, loss).setMaximize(t.maximize);
    Value minimised = t.maximize ? ops.unary<NegOp>(loss) : loss;
    sum = sum ? ops.add(sum, minimised) : minimised;
  }
  return sum;
}

void Objectives::differentiate(Update &u) {
  const dsl::Objective &o = *u.objective;
  countBy(graph.declared.counts.of(o));
  if (o.when) {
    u.gate = expressions.value(*o.when);
    graph.observe(ObserveKind::Metric, "skipped." + o.name, ops.sub(ops.like(u.gate, 1), u.gate));
  }
  graph.standAt(o.span, "gradient of " + o.name);
  for (int b : o.blocks) {
    const dsl::Block &block = graph.model.blocks[b];
    if (graph.declared.hasParameters(block) && reachedIn(graph.model, o, b, graph.position.stream)) {
      u.blocks.push_back(b);
      u.gradients.push_back(packedGradient(u.function, block, dsl::updatedLabel(graph.model, o, b)));
    }
  }
}

/// The gradient with respect to the block's parameters, or those of a label's layers, packed like them. An objective
/// may read them as they are in the step and also, through a let outside, as they were before it. The checker ensures
/// that these are the same numbers, so the gradients add up.
Value Objectives::packedGradient(Value function, const dsl::Block &block, const dsl::Label *label) {
  std::vector<Value> wrt = graph.states.parameters(block, graph.states.at(block.name), label);
  llvm::append_range(wrt, graph.states.parameters(block, before.at(block.name), label));
  auto op = GradientOp::create(ops.b, ops.loc, TypeRange(ValueRange(wrt)), function, wrt);
  SmallVector<Value> parts;
  size_t n = wrt.size() / 2;
  for (size_t i = 0; i < n; ++i)
    parts.push_back(ops.add(op.getResult(i), op.getResult(n + i)));
  return PackOp::create(ops.b, ops.loc, ops.f32({graph.declared.fields.partOf(block, label).size}), parts);
}

/// Adds the gradients to those of the runs before, as loss.backward() of loss / n does in PyTorch, and opens the gate
/// of the update in the n-th run. A run that `when` withholds is not counted.
void Objectives::accumulate(Update &u) {
  const dsl::Objective &o = *u.objective;
  if (o.accumulate == 1 || u.blocks.empty())
    return;
  graph.standAt(o.span, "accumulated gradient of " + o.name);
  auto counted = [&](Value fresh, Value old) {
    return u.gate ? ops.select(ops.broadcastScalar(u.gate, tensorOf(old)), fresh, old) : fresh;
  };
  Value before = graph.states.at(accumulatedCount(o)), zero = ops.like(before, 0);
  Value count = counted(ops.add(before, ops.like(before, 1)), before);
  Value full = ops.binary<GtOp>(count, ops.like(count, double(o.accumulate) - 0.5));
  graph.states.set(accumulatedCount(o), ops.select(full, zero, count));
  for (auto [b, gradient] : llvm::zip(u.blocks, u.gradients)) {
    std::string name = accumulatedName(o, graph.model.blocks[b]);
    Value old = graph.states.at(name);
    gradient = counted(ops.add(old, ops.scale(gradient, 1.0 / double(o.accumulate))), old);
    graph.states.set(name, ops.select(ops.broadcastScalar(full, tensorOf(old)), ops.like(old, 0), gradient));
  }
  Value open = ops.broadcastScalar(full, ops.f32({}));
  u.gate = u.gate ? ops.mul(u.gate, open) : open;
}

void Objectives::clip() {
  SmallVector<Value> together;
  for (Update &u : updates)
    if (u.objective->clipTogether)
      llvm::append_range(together, u.gradients);
  for (Update &u : updates) {
    const dsl::Objective &o = *u.objective;
    if (!o.clipGrad || u.gradients.empty())
      continue;
    countBy(graph.declared.counts.of(o));
    Value factor = clipFactor(o, o.clipTogether ? ArrayRef(together) : ArrayRef(u.gradients));
    for (Value &p : u.gradients)
      p = ops.mul(p, ops.broadcast(factor, tensorOf(p), {}));
  }
}

/// torch.nn.utils.clip_grad_norm_ over everything that the objective updates: min(1, c / (norm + 1e-6)).
Value Objectives::clipFactor(const dsl::Objective &o, ArrayRef<Value> gradients) {
  Value squares;
  for (Value gradient : gradients) {
    Value sum = ops.sum(ops.unary<SquareOp>(gradient), {0});
    squares = squares ? ops.add(squares, sum) : sum;
  }
  Value norm = ops.add(ops.unary<SqrtOp>(squares), ops.like(squares, 1e-6));
  Value limit = ops.broadcastScalar(graph.numbers.constant(*o.clipGrad), tensorOf(norm));
  return ops.binary<MinOp>(ops.div(limit, norm), ops.like(norm, 1));
}

void Objectives::applyUpdates() {
  const UpdateCounts &counts = graph.declared.counts;
  SmallVector<Value> gates; // the conditions of the objectives that update; null: no condition
  for (Update &u : updates) {
    countBy(counts.of(*u.objective));
    for (auto [b, gradient] : llvm::zip(u.blocks, u.gradients)) {
      observeGradient(graph.model.blocks[b], gradient, dsl::updatedLabel(graph.model, *u.objective, b));
      optimizers.update(*u.objective, b, gradient, u.gate);
    }
    if (u.blocks.empty())
      continue;
    optimizers.countUpdate(graph.position.count, u.gate);
    gates.push_back(u.gate);
  }
  if (step.objectives.size() > 1)
    optimizers.countAny(counts.of(step), gates);
}

void Objectives::observeGradient(const dsl::Block &block, Value gradient, const dsl::Label *label) {
  std::string prefix = "grad." + step.name + ".";
  graph.observe(ObserveKind::Gradient, prefix + block.name, gradient)
      .setFieldsAttr(ops.b.getArrayAttr(graph.declared.fields.attributes(block, prefix, "", true, label)));
}

} // namespace gan
