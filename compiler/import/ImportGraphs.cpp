// The graphs that every program has: train and evaluate.
#include "compiler/import/Importer.h"
#include "compiler/import/Streams.h"

using namespace mlir;

namespace gan {

void Importer::graph(GraphKind kind, bool training, llvm::function_ref<void()> body) {
  Location loc = ops.b.getUnknownLoc();
  auto op = GraphOp::create(ops.b, loc, kind, StringAttr(), IntegerAttr(), IntegerAttr(), IntegerAttr());
  OpBuilder::InsertionGuard guard(ops.b);
  ops.b.setInsertionPointToStart(&op.getBody().emplaceBlock());
  g = GraphState();
  g.training = training;
  g.sources = &op.getBody().front();
  ops.loc = loc;
  for (auto &[state, type] : declared.states()) {
    auto read = ReadOp::create(ops.b, loc, type, state, PlaceAttr());
    g.states[state] = read;
    g.start = read;
  }
  auto before = g.states;
  body();
  for (auto &[state, v] : g.states)
    if (training && v != before[state])
      WriteOp::create(ops.b, loc, state, v);
}

ObserveOp Importer::observe(ObserveKind kind, const std::string &name, Value v) {
  return ObserveOp::create(ops.b, ops.loc, kind, name, g.entry, v, ArrayAttr(), LayoutAttr(), APFloat(0.0),
                           APFloat(0.0), ValueKind::Plain, false, false);
}

void Importer::trainGraph() {
  graph(GraphKind::Train, true, [&] {
    evaluateOuterLets();
    metrics(-1);
    for (size_t s = 0; s < model.steps.size(); ++s)
      for (int stream : streamsOf(model.steps[s]))
        step(model.steps[s], int64_t(s), stream);
  });
}

/// Each metric and objective is one number per sample, so that the host can leave out the samples that pad the last
/// batch.
void Importer::evaluateGraph() {
  graph(GraphKind::Evaluate, false, [&] {
    auto each = [&](const std::string &name, const dsl::Expr &e) {
      dsl::Type sample = e.type;
      sample.kind = dsl::TypeKind::Sample;
      Value v = valueAs(e, sample);
      observe(ObserveKind::Metric, name, v);
    };
    for (const dsl::Metric &m : model.metrics)
      each(m.name, *m.value);
    for (const dsl::Step &s : model.steps)
      for (const dsl::Objective &o : s.objectives)
        for (const dsl::Term &t : o.terms)
          each("loss." + t.name, *t.value);
    codes();
  });
}

/// An expression that applies a block to the data: each of its inputs is an image or vector of the data, or has the
/// type of one. Null if that is not possible.
static std::shared_ptr<dsl::Expr> onData(const dsl::Model &model, int index) {
  auto out = std::make_shared<dsl::Expr>();
  out->kind = dsl::ExprKind::Apply;
  out->index = index;
  out->span = model.blocks[index].span;
  for (const dsl::Input &input : model.blocks[index].inputs) {
    auto data = llvm::find_if(model.data, [&](const dsl::Data &d) {
      bool named = input.data < 0 || &d == &model.data[input.data];
      return input.latent < 0 && named && d.kind != dsl::DataKind::Categorical && d.shape == input.shape;
    });
    if (data == model.data.end())
      return nullptr;
    auto x = std::make_shared<dsl::Expr>();
    x->kind = dsl::ExprKind::Data;
    x->index = int(data - model.data.begin());
    x->span = input.span;
    x->type = {dsl::TypeKind::Sample, input.shape, dsl::OutputKind::Value, {}};
    out->args.push_back(x);
  }
  return out;
}

/// Observes the outputs of categorical heads on the data, so that the host can compare them with labels.
void Importer::codes() {
  for (size_t b = 0; b < model.blocks.size(); ++b) {
    const dsl::Block &block = model.blocks[b];
    std::shared_ptr<dsl::Expr> e = onData(model, int(b));
    for (size_t i = 0; e && i < block.outputs.size(); ++i) {
      const dsl::Output &o = block.outputs[i];
      if (o.kind != dsl::OutputKind::Categorical)
        continue;
      e->output = int(i);
      observe(ObserveKind::Code, block.name + (o.name.empty() ? "" : "." + o.name), argmax(evaluate(*e).first))
          .setHi(APFloat(double(o.shape[0])));
    }
  }
}

} // namespace gan
