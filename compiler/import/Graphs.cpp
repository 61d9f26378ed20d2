// Builds train and evaluate. Both contain the objectives, one to minimise them and one to look at them, so an
// evaluation reports the numbers that training works on.
#include "compiler/import/Graphs.h"
#include "compiler/import/Lets.h"
#include "compiler/import/Objectives.h"
#include "compiler/import/Steps.h"

using namespace mlir;

namespace gan {

void buildTrainGraph(const Declarations &declared) {
  Graph graph(declared, GraphKind::Train, {.training = true});
  Expressions expressions(graph);
  Lets(graph, expressions).outer();
  observeMetrics(graph, expressions, -1);
  Steps(graph, expressions).build();
  graph.writeStates();
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
static void observeCodes(Graph &graph, Expressions &expressions) {
  const dsl::Model &model = graph.model;
  for (size_t b = 0; b < model.blocks.size(); ++b) {
    const dsl::Block &block = model.blocks[b];
    std::shared_ptr<dsl::Expr> e = onData(model, int(b));
    for (size_t i = 0; e && i < block.outputs.size(); ++i) {
      const dsl::Output &o = block.outputs[i];
      if (o.kind != dsl::OutputKind::Categorical)
        continue;
      e->output = int(i);
      std::string name = block.name + (o.name.empty() ? "" : "." + o.name);
      Value code = argmax(graph.ops, expressions.evaluate(*e).first);
      graph.observe(ObserveKind::Code, name, code).setHi(APFloat(double(o.shape[0])));
    }
  }
}

void buildEvaluateGraph(const Declarations &declared) {
  Graph graph(declared, GraphKind::Evaluate, {});
  Expressions expressions(graph);
  auto each = [&](const std::string &name, const dsl::Expr &e) {
    dsl::Type sample = e.type;
    sample.kind = dsl::TypeKind::Sample;
    Value v = expressions.valueAs(e, sample);
    graph.observe(ObserveKind::Metric, name, v);
  };
  for (const dsl::Metric &m : graph.model.metrics)
    each(m.name, *m.value);
  for (const dsl::Step &s : graph.model.steps)
    for (const dsl::Objective &o : s.objectives)
      for (const dsl::Term &t : o.terms)
        each("loss." + t.name, *t.value);
  observeCodes(graph, expressions);
}

} // namespace gan
