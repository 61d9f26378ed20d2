// Builds a graph for each command that uses a trained model. They differ in the values that they show, and in how draws
// are made; dsl/Uses finds the values.
#include "compiler/import/ShownGraphs.h"
#include "compiler/import/ImportanceWeight.h"

using namespace mlir;

namespace gan {

void ShownGraphs::build() {
  sample();
  reconstruct();
  encode();
  decode();
  likelihood();
  apply();
}

/// Makes the moving averages of blocks, where they exist, compute what is shown.
static void useAverages(Graph &graph) {
  for (auto &[state, average] : graph.declared.averages())
    graph.states.set(state, graph.states.at(average));
}

/// Observes the expectation of what is shown, with its range, its distribution, and whether it can be drawn as a
/// picture. Users see a batch of images as (N, C, H, W).
void ShownGraphs::observe(Graph &graph, ObserveKind kind, const std::string &name, const Distribution &q,
                          const dsl::Shape &shape, dsl::Range range, bool picture) {
  static_assert(size_t(dsl::OutputKind::Value) == size_t(ValueKind::Plain) &&
                size_t(dsl::OutputKind::Categorical) == size_t(ValueKind::Categorical));
  SmallVector<int64_t> outside{graph.ops.batch}, order{0};
  outside.append(shape.begin(), shape.end());
  for (size_t i = 1; i < outside.size(); ++i)
    order.push_back(i);
  if (shape.size() == 3)
    order = {0, 2, 3, 1};
  auto list = [&](ArrayRef<int64_t> x) { return graph.ops.b.getDenseI64ArrayAttr(x); };
  ObserveOp op = graph.observe(kind, name, Densities(graph.ops, graph.numbers).expectation(q));
  op.setLayoutAttr(LayoutAttr::get(graph.ops.b.getContext(), list(outside), list(outside), list(order)));
  op.setLo(APFloat(range.lo));
  op.setHi(APFloat(range.hi));
  bool drawn = q.kind <= dsl::OutputKind::Categorical; // the host draws from these
  op.setDistribution(drawn ? ValueKind(q.kind) : ValueKind::Plain);
  op.setPicture(picture);
}

/// There is no graph if there are no values.
void ShownGraphs::show(GraphKind kind, const std::vector<dsl::ShownValue> &values, const Mode &mode,
                       const std::string &label) {
  if (values.empty())
    return;
  Graph graph(declared, kind, mode, label);
  Expressions expressions(graph);
  useAverages(graph);
  for (const dsl::ShownValue &v : values)
    showValue(graph, expressions, v);
}

void ShownGraphs::showValue(Graph &graph, Expressions &expressions, const dsl::ShownValue &v) {
  auto picture = [&](ObserveKind kind, const dsl::ShownPicture &p) {
    observe(graph, kind, v.name, expressions.value(*p.value), p.value->type.shape, p.range, true);
  };
  for (const dsl::ShownPicture &p : v.given)
    picture(ObserveKind::Given, p);
  const dsl::Shape &shape = v.value->type.shape;
  Distribution q = expressions.evaluate(*v.value);
  observe(graph, ObserveKind::Value, v.name, q, shape, v.range, v.picture);
  if (q.kind == dsl::OutputKind::Gaussian) {
    Value s = Densities(graph.ops, graph.numbers).second(q);
    observe(graph, ObserveKind::LogVariance, v.name, s, shape, v.range, false);
  }
  for (const dsl::ShownPicture &p : v.wanted)
    picture(ObserveKind::Wanted, p);
}

void ShownGraphs::sample() { show(GraphKind::Sample, uses.samples, {.drawLabels = true}); }

void ShownGraphs::reconstruct() { show(GraphKind::Reconstruct, uses.reconstructions, {.meanSamples = true}); }

/// Applies encoders to the data, which gives what decode takes.
void ShownGraphs::encode() {
  std::vector<dsl::ShownValue> codes = uses.codes;
  for (dsl::ShownValue &code : codes)
    code.name = codeName(declared.model.blocks[code.value->index], code.value->output);
  show(GraphKind::Encode, codes, {.meanSamples = true});
}

/// Computes reconstructions from codes that the host gives.
void ShownGraphs::decode() {
  std::vector<dsl::ShownValue> values = uses.decoded;
  for (dsl::ShownValue &v : values)
    v.given.clear(), v.wanted.clear();
  Mode mode{.meanSamples = true};
  for (const dsl::ShownValue &code : uses.codes)
    mode.givenCodes.insert(code.value->index);
  show(GraphKind::Decode, values, mode);
}

/// Each block by itself, on whatever the host gives it.
void ShownGraphs::apply() {
  for (size_t b = 0; b < uses.applied.size(); ++b)
    show(GraphKind::Apply, uses.applied[b], {.meanSamples = true}, declared.model.blocks[b].name);
}

void ShownGraphs::likelihood() {
  for (const dsl::ShownValue &v : uses.reconstructions)
    if (std::optional<ImportanceWeight> weight = importanceWeight(declared.model, uses, *v.value)) {
      Graph graph(declared, GraphKind::Likelihood, {});
      Expressions expressions(graph);
      useAverages(graph);
      Value sum = expressions.value(*weight->likelihood);
      for (auto &[prior, posterior] : weight->latents)
        sum = graph.ops.add(sum, graph.ops.sub(expressions.value(*prior), expressions.value(*posterior)));
      graph.observe(ObserveKind::Metric, "log_weight", sum);
      return;
    }
}

} // namespace gan
