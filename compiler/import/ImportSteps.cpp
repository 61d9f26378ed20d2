// Steps: one forward pass shared by the objectives, then every gradient, then every update.
#include "compiler/import/Importer.h"

using namespace mlir;

namespace gan {

/// The average over the batch of a number per sample; the number itself where it is already one for the batch.
Value Importer::batchAverage(const dsl::Expr &e) {
  Value v = value(e);
  here = location(e.span, "average");
  return tensorOf(v).getRank() ? at().scale(at().sum(v, {0}), 1.0 / model.batch) : v;
}

/// Watching changes nothing: what a metric applies does not advance running statistics.
void Importer::metrics(int64_t step) {
  auto states = g.states;
  for (const dsl::Metric &m : model.metrics)
    if (m.step == step)
      observe("metric", m.name, batchAverage(*m.value), {});
  g.states = states;
}

/// The body is built on arguments for every state; those that did not change give way to the value outside.
void Importer::step(const dsl::Step &s, int64_t index) {
  auto outside = g.states;
  auto lets = g.lets;
  auto views = g.views;
  auto body = std::make_unique<Block>();
  Location loc = location(s.span, "step " + s.name);
  std::vector<std::string> names;
  for (auto &[name, type] : stateTypes) {
    names.push_back(name);
    g.states[name] = body->addArgument(type, loc);
  }
  auto inside = g.states;
  g.step = index;
  g.applications.clear();
  SmallVector<Value> inits, yields;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(body.get());
    objectives(s, outside);
    for (int64_t i = names.size() - 1; i >= 0; --i)
      if (g.states[names[i]] == inside[names[i]]) {
        body->getArgument(i).replaceAllUsesWith(outside[names[i]]);
        g.states[names[i]] = outside[names[i]];
        body->eraseArgument(i);
        names.erase(names.begin() + i);
      }
    for (const std::string &name : names) {
      inits.push_back(outside[name]);
      yields.push_back(g.states[name]);
    }
    builder.setInsertionPointToEnd(body.get());
    YieldOp::create(builder, loc, yields);
  }
  SmallVector<int64_t> blocks;
  for (const dsl::Objective &o : s.objectives)
    blocks.append(o.blocks.begin(), o.blocks.end());
  auto op = StepOp::create(builder, loc, TypeRange(ValueRange(inits)), s.name, index, s.every, s.times, blocks, inits);
  op.getBody().push_back(body.release());
  for (auto [name, result] : llvm::zip(names, op.getResults()))
    g.states[name] = result;
  g.step = -1;
  g.lets = lets;
  g.views = views; // those of the body's arguments mean nothing outside
  g.applications.clear();
}

void Importer::objectives(const dsl::Step &s, const std::map<std::string, Value> &before) {
  // Lets first, in their order: an application that only a let makes still advances its statistics.
  for (size_t i = 0; i < model.lets.size(); ++i)
    if (model.lets[i].step == g.step && model.lets[i].value->type.kind != dsl::TypeKind::Block)
      g.lets[i] = evaluate(*model.lets[i].value);
  SmallVector<Value> minimised;
  for (const dsl::Objective &o : s.objectives) {
    Value loss = batchAverage(*o.value);
    SmallVector<NamedAttribute> info;
    if (o.maximize)
      info.push_back(builder.getNamedAttr("maximize", builder.getUnitAttr()));
    observe("loss", "loss." + o.name, loss, info);
    minimised.push_back(o.maximize ? at().unary<NegOp>(loss) : loss);
  }
  metrics(g.step);
  SmallVector<SmallVector<Value>> gradients;
  for (auto [o, function] : llvm::zip(s.objectives, minimised)) {
    here = location(o.span, "gradient of " + o.name);
    SmallVector<Value> packed;
    for (int b : o.blocks)
      packed.push_back(stateTypes.count(model.blocks[b].name)
                           ? packedGradient(function, b, before.at(model.blocks[b].name))
                           : Value());
    if (o.clipGrad) {
      Value factor = clipFactor(o, packed);
      for (Value &p : packed)
        if (p)
          p = at().mul(p, at().broadcast(factor, tensorOf(p), {}));
    }
    gradients.push_back(packed);
  }
  for (auto [o, packed] : llvm::zip(s.objectives, gradients))
    for (auto [b, gradient] : llvm::zip(o.blocks, packed)) {
      if (!gradient)
        continue;
      std::vector<Attribute> list;
      for (const dsl::Layer &layer : model.blocks[b].layers)
        for (const dsl::Param &p : layer.params)
          if (!p.buffer) {
            std::string tensor = model.blocks[b].name + "." + std::to_string(layer.index) + "." + p.name;
            list.push_back(field("grad." + s.name + "." + tensor, fields[tensor].offset, p, true, true));
          }
      observe("gradient", "grad." + s.name + "." + model.blocks[b].name, gradient,
              builder.getNamedAttr("fields", builder.getArrayAttr(list)));
      optimize(o, b, gradient);
    }
}

/// With respect to the block's parameters, packed as they are. An objective may meet them as they are in the step and,
/// through a let outside, as they were before it: the same numbers (the checker saw to it), so the gradients add up.
Value Importer::packedGradient(Value function, int block, Value before) {
  const dsl::Block &b = model.blocks[block];
  SmallVector<Value> wrt;
  SmallVector<Type> types;
  for (Value version : {g.states.at(b.name), before})
    for (const dsl::Layer &layer : b.layers)
      for (const dsl::Param &p : layer.params)
        if (!p.buffer) {
          wrt.push_back(unpacked(version, fields[b.name + "." + std::to_string(layer.index) + "." + p.name]));
          types.push_back(wrt.back().getType());
        }
  auto op = GradientOp::create(builder, here, types, function, wrt);
  SmallVector<Value> parts;
  size_t n = wrt.size() / 2;
  for (size_t i = 0; i < n; ++i)
    parts.push_back(at().add(op.getResult(i), op.getResult(n + i)));
  return PackOp::create(builder, here, stateTypes.at(b.name), parts);
}

/// torch.nn.utils.clip_grad_norm_ over all that the objective updates: min(1, c / (norm + 1e-6)).
Value Importer::clipFactor(const dsl::Objective &o, ArrayRef<Value> gradients) {
  Value squares;
  for (Value gradient : gradients) {
    if (!gradient)
      continue;
    Value sum = at().sum(at().unary<SquareOp>(gradient), {0});
    squares = squares ? at().add(squares, sum) : sum;
  }
  Value norm = at().add(at().unary<SqrtOp>(squares), at().like(squares, 1e-6));
  Value limit = at().spread(scalar("$" + model.constants[*o.clipGrad].name), tensorOf(norm));
  return at().binary<MinOp>(at().div(limit, norm), at().like(norm, 1));
}

} // namespace gan
