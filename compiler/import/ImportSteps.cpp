// Steps: one forward pass that the objectives share, then every gradient, then every update.
#include "compiler/import/Importer.h"
#include "compiler/import/Streams.h"

#include <set>

using namespace mlir;

namespace gan {

/// The average over the batch of a number per sample; a number that is already one for the batch is returned unchanged.
Value Importer::batchAverage(const dsl::Expr &e) {
  Value v = value(e);
  ops.loc = declared.location(e.span, "average");
  return tensorOf(v).getRank() ? ops.scale(ops.sum(v, {0}), 1.0 / model.batch) : v;
}

/// Watching changes nothing: blocks that a metric applies do not advance running statistics.
void Importer::metrics(int64_t step) {
  auto states = g.states;
  if (step < 0)
    evaluateWatchedLets();
  for (const dsl::Metric &m : model.metrics)
    if (m.step == step)
      observe(ObserveKind::Metric, m.name, batchAverage(*m.value));
  g.states = states;
}

/// Makes data and draws new in each repetition.
void Importer::startRepeated(const dsl::Step &s, Block &body) {
  g.sources = &body;
  g.start = nullptr;
  g.draws.clear();
  g.repeated = s.name;
}

/// The body is built on arguments for every state; arguments that did not change are then replaced by the value
/// outside.
void Importer::step(const dsl::Step &s, int64_t index, int stream) {
  GraphState outer = g;
  auto body = std::make_unique<Block>();
  Location loc = declared.location(s.span, "step " + s.name);
  std::vector<std::string> names;
  for (auto &[name, type] : declared.states()) {
    names.push_back(name);
    g.states[name] = body->addArgument(type, loc);
  }
  auto inside = g.states;
  g.step = index;
  g.entry = entries++;
  g.stream = stream;
  g.applications.clear();
  SmallVector<Value> inits, yields;
  {
    OpBuilder::InsertionGuard guard(ops.b);
    ops.b.setInsertionPointToEnd(body.get());
    if (s.times > 1)
      startRepeated(s, *body);
    objectives(s, outer.states);
    for (int64_t i = names.size() - 1; i >= 0; --i)
      if (g.states[names[i]] == inside[names[i]]) {
        Value argument = body->getArgument(i), same = outer.states[names[i]];
        argument.replaceAllUsesWith(same);
        for (auto &[name, v] : g.states) // an average copies the values of other states
          if (v == argument)
            v = same;
        body->eraseArgument(i);
        names.erase(names.begin() + i);
      }
    for (const std::string &name : names) {
      inits.push_back(outer.states[name]);
      yields.push_back(g.states[name]);
    }
    ops.b.setInsertionPointToEnd(body.get());
    YieldOp::create(ops.b, loc, yields);
  }
  SmallVector<int64_t> blocks;
  for (const dsl::Objective &o : s.objectives)
    blocks.append(o.blocks.begin(), o.blocks.end());
  auto op = StepOp::create(ops.b, loc, TypeRange(ValueRange(inits)), s.name, g.entry, s.every, s.times, stream, blocks,
                           DenseI64ArrayAttr(), ArrayAttr(), inits);
  op.getBody().push_back(body.release());
  if (s.times == 1) { // the body made draws outside the step: later steps use the same ones
    outer.start = g.start;
    outer.draws = g.draws;
  }
  outer.uses = g.uses;
  g = std::move(outer); // values of the body have no meaning outside
  for (auto [name, result] : llvm::zip(names, op.getResults()))
    g.states[name] = result;
}

/// The sum of the terms that count in this stream, each of which is observed; null if none counts.
Value Importer::objectiveValue(const dsl::Objective &o) {
  Value sum;
  for (const dsl::Term &t : o.terms) {
    if (t.stream >= 0 && t.stream != g.stream)
      continue;
    Value loss = batchAverage(*t.value);
    observe(ObserveKind::Loss, "loss." + t.name, loss).setMaximize(t.maximize);
    Value minimised = t.maximize ? ops.unary<NegOp>(loss) : loss;
    sum = sum ? ops.add(sum, minimised) : minimised;
  }
  return sum;
}

void Importer::objectives(const dsl::Step &s, const std::map<std::string, Value> &before) {
  g.count = declared.counts.of(s);
  evaluateStepLets();
  struct Update {
    const dsl::Objective *o;
    Value function, gate;
    SmallVector<int> blocks;
    SmallVector<Value> gradients;
  };
  std::vector<Update> updates;
  for (const dsl::Objective &o : s.objectives) {
    g.count = declared.counts.of(o);
    if (Value function = objectiveValue(o))
      updates.push_back({&o, function, {}, {}, {}});
  }
  g.count = declared.counts.of(s);
  metrics(g.step);
  for (Update &u : updates) {
    g.count = declared.counts.of(*u.o);
    if (u.o->when) {
      u.gate = value(*u.o->when);
      observe(ObserveKind::Metric, "skipped." + u.o->name, ops.sub(ops.like(u.gate, 1), u.gate));
    }
    ops.loc = declared.location(u.o->span, "gradient of " + u.o->name);
    for (int b : u.o->blocks)
      if (declared.hasParameters(model.blocks[b]) && reachedIn(model, *u.o, b, g.stream)) {
        u.blocks.push_back(b);
        u.gradients.push_back(packedGradient(u.function, b, before.at(model.blocks[b].name)));
      }
  }
  SmallVector<Value> together;
  for (Update &u : updates)
    if (u.o->clipTogether)
      llvm::append_range(together, u.gradients);
  for (Update &u : updates) {
    if (!u.o->clipGrad || u.gradients.empty())
      continue;
    g.count = declared.counts.of(*u.o);
    Value factor = clipFactor(*u.o, u.o->clipTogether ? ArrayRef(together) : ArrayRef(u.gradients));
    for (Value &p : u.gradients)
      p = ops.mul(p, ops.broadcast(factor, tensorOf(p), {}));
  }
  SmallVector<Value> gates; // the conditions of the objectives that update; null: no condition
  for (Update &u : updates) {
    g.count = declared.counts.of(*u.o);
    for (auto [b, gradient] : llvm::zip(u.blocks, u.gradients)) {
      observeGradient(s, b, gradient);
      optimize(*u.o, b, gradient, u.gate);
    }
    if (u.blocks.empty())
      continue;
    countUpdate(g.count, u.gate);
    gates.push_back(u.gate);
  }
  if (s.objectives.size() > 1)
    countAny(declared.counts.of(s), gates);
}

void Importer::observeGradient(const dsl::Step &s, int b, Value gradient) {
  const dsl::Block &block = model.blocks[b];
  std::string prefix = "grad." + s.name + ".";
  observe(ObserveKind::Gradient, prefix + block.name, gradient)
      .setFieldsAttr(ops.b.getArrayAttr(declared.fields.attributes(block, prefix, "", true)));
}

/// The gradient with respect to the block's parameters, packed like them. An objective may read them as they are in the
/// step and also, through a let outside, as they were before it. The checker ensures that these are the same numbers,
/// so the gradients add up.
Value Importer::packedGradient(Value function, int block, Value before) {
  const dsl::Block &b = model.blocks[block];
  SmallVector<Value> wrt;
  SmallVector<Type> types;
  for (Value version : {g.states.at(b.name), before})
    for (const dsl::Layer &layer : b.layers)
      for (const dsl::Param &p : layer.params)
        if (!p.buffer) {
          wrt.push_back(unpacked(version, *declared.fields.find(tensorName(b, layer, p.name))));
          types.push_back(wrt.back().getType());
        }
  auto op = GradientOp::create(ops.b, ops.loc, types, function, wrt);
  SmallVector<Value> parts;
  size_t n = wrt.size() / 2;
  for (size_t i = 0; i < n; ++i)
    parts.push_back(ops.add(op.getResult(i), op.getResult(n + i)));
  return PackOp::create(ops.b, ops.loc, declared.states().at(b.name), parts);
}

/// torch.nn.utils.clip_grad_norm_ over everything that the objective updates: min(1, c / (norm + 1e-6)).
Value Importer::clipFactor(const dsl::Objective &o, ArrayRef<Value> gradients) {
  Value squares;
  for (Value gradient : gradients) {
    Value sum = ops.sum(ops.unary<SquareOp>(gradient), {0});
    squares = squares ? ops.add(squares, sum) : sum;
  }
  Value norm = ops.add(ops.unary<SqrtOp>(squares), ops.like(squares, 1e-6));
  Value limit = ops.broadcastScalar(scalar("$" + model.constants[*o.clipGrad].name), tensorOf(norm));
  return ops.binary<MinOp>(ops.div(limit, norm), ops.like(norm, 1));
}

} // namespace gan
