// The graphs for using a trained model: sample, reconstruct, encode, decode and likelihood. Each exists only if the
// model has what it needs.
#include "compiler/import/Importer.h"
#include "dsl/Reach.h"

using namespace mlir;

namespace gan {

/// Observes the expectation of what is shown, with its range, its distribution, and whether it can be drawn as a
/// picture. Users see a batch of images as (N, C, H, W).
void Importer::observeShown(ObserveKind kind, const std::string &name, const Distribution &q, const dsl::Shape &shape,
                            dsl::Range range, bool picture) {
  static_assert(size_t(dsl::OutputKind::Value) == size_t(ValueKind::Plain) &&
                size_t(dsl::OutputKind::Categorical) == size_t(ValueKind::Categorical));
  SmallVector<int64_t> outside{model.batch}, order{0};
  outside.append(shape.begin(), shape.end());
  for (size_t i = 1; i < outside.size(); ++i)
    order.push_back(i);
  if (shape.size() == 3)
    order = {0, 2, 3, 1};
  auto list = [&](ArrayRef<int64_t> x) { return ops.b.getDenseI64ArrayAttr(x); };
  ObserveOp op = observe(kind, name, expectation(q));
  op.setLayoutAttr(LayoutAttr::get(ops.b.getContext(), list(outside), list(outside), list(order)));
  op.setLo(APFloat(range.lo));
  op.setHi(APFloat(range.hi));
  op.setDistribution(ValueKind(q.kind));
  op.setPicture(picture);
}

/// Makes the moving averages of blocks, where they exist, compute what is shown.
void Importer::useAverages() {
  for (auto &[state, average] : declared.averages())
    g.states[state] = g.states.at(average);
}

void Importer::showGraph(GraphKind kind, const std::vector<dsl::ShownValue> &values, llvm::function_ref<void()> setUp) {
  if (values.empty())
    return;
  graph(kind, false, [&] {
    useAverages();
    setUp();
    for (const dsl::ShownValue &v : values) {
      for (const dsl::ShownPicture &p : v.given)
        observeShown(ObserveKind::Given, v.name, {{}, value(*p.value), {}}, p.value->type.shape, p.range, true);
      const dsl::Output &o = v.output(model);
      Distribution q = evaluate(*v.value);
      observeShown(ObserveKind::Value, v.name, q, o.shape, v.range, v.picture);
      if (q.kind == dsl::OutputKind::Gaussian)
        observeShown(ObserveKind::LogVariance, v.name, {{}, logVariance(q, *v.value), {}}, o.shape, v.range, false);
      for (const dsl::ShownPicture &p : v.wanted)
        observeShown(ObserveKind::Wanted, v.name, {{}, value(*p.value), {}}, p.value->type.shape, p.range, true);
    }
  });
}

void Importer::sampleGraph() {
  showGraph(GraphKind::Sample, uses.samples, [&] { g.drawLabels = true; });
}

void Importer::reconstructGraph() {
  showGraph(GraphKind::Reconstruct, uses.reconstructions, [&] { g.meanSamples = true; });
}

/// Applies encoders to the data, which gives what decode takes.
void Importer::encodeGraph() {
  std::vector<dsl::ShownValue> codes = uses.codes;
  for (dsl::ShownValue &code : codes)
    code.name = codeName(model.blocks[code.value->index], code.value->output);
  showGraph(GraphKind::Encode, codes, [&] { g.meanSamples = true; });
}

/// Computes reconstructions from codes that the host gives.
void Importer::decodeGraph() {
  std::vector<dsl::ShownValue> values = uses.decoded;
  for (dsl::ShownValue &v : values)
    v.given.clear(), v.wanted.clear();
  showGraph(GraphKind::Decode, values, [&] {
    g.meanSamples = true;
    for (const dsl::ShownValue &code : uses.codes)
      g.givenCodes.insert(code.value->index);
  });
}

namespace {

std::shared_ptr<dsl::Expr> call(dsl::Function function, std::vector<dsl::ExprPtr> args, dsl::Shape shape,
                                dsl::Span span) {
  auto out = std::make_shared<dsl::Expr>();
  out->kind = dsl::ExprKind::Call;
  out->function = function;
  out->args = std::move(args);
  out->type = {dsl::TypeKind::Sample, std::move(shape), dsl::OutputKind::Value, {}};
  out->span = span;
  return out;
}

/// log p(x | z) + log p(z) - log q(z | x) with z drawn from q: a weight of the importance-weighted bound (Burda et al.
/// 2016). It exists for a decoder of one distribution over the data that reads labels and samples of encoders of the
/// data whose prior is standard normal, which means that the model compares them with it or that the decoder's header
/// names a normal latent. Nothing for other models.
struct Weight {
  dsl::ExprPtr likelihood;
  std::vector<std::pair<dsl::ExprPtr, dsl::ExprPtr>> latents; ///< log p(z), log q(z | x)
};

class WeightOf {
public:
  WeightOf(const dsl::Model &model, const dsl::Uses &uses, const dsl::Expr &application)
      : model(model), reach(model), uses(uses), application(application), decoder(model.blocks[application.index]) {}

  std::optional<Weight> find() const {
    const dsl::Output &o = decoder.outputs[0];
    auto data = llvm::find_if(
        model.data, [&](const dsl::Data &d) { return d.kind != dsl::DataKind::Categorical && d.shape == o.shape; });
    if (decoder.outputs.size() != 1 || o.kind == dsl::OutputKind::Value || data == model.data.end())
      return std::nullopt;
    auto p = std::make_shared<dsl::Expr>(application);
    Weight weight;
    for (auto [i, argument] : llvm::enumerate(p->args)) {
      const dsl::Expr *e = reach.origin(*argument).first;
      if (e->kind == dsl::ExprKind::Data && model.data[e->index].kind == dsl::DataKind::Categorical)
        continue;
      auto [encoder, output] = reach.drawnFrom(*e);
      dsl::ExprPtr q = encoder ? onData(encoder->index, output) : nullptr;
      if (!q || !normalPrior(i, encoder->index, output))
        return std::nullopt;
      auto standard = std::make_shared<dsl::Expr>();
      standard->kind = dsl::ExprKind::StandardNormal;
      standard->type = q->type;
      auto z = call(dsl::Function::Sample, {q}, q->type.shape, e->span);
      argument = z;
      weight.latents.emplace_back(logProb(standard, z), logProb(q, z));
    }
    auto x = std::make_shared<dsl::Expr>();
    x->kind = dsl::ExprKind::Data;
    x->index = int(data - model.data.begin());
    x->type = {dsl::TypeKind::Sample, o.shape, dsl::OutputKind::Value, {}};
    weight.likelihood = logProb(p, x);
    return weight.latents.empty() ? std::nullopt : std::optional(weight);
  }

private:
  /// The code that the encoder computes from the data itself.
  dsl::ExprPtr onData(int encoder, int output) const {
    for (const dsl::ShownValue &code : uses.codes)
      if (code.value->index == encoder && code.value->output == output &&
          llvm::all_of(code.value->args,
                       [&](const dsl::ExprPtr &a) { return reach.origin(*a).first->kind == dsl::ExprKind::Data; }))
        return code.value;
    return nullptr;
  }
  bool normalPrior(size_t input, int encoder, int output) const {
    int latent = input < decoder.inputs.size() ? decoder.inputs[input].latent : -1;
    if (dsl::ExprPtr prior = reach.prior(encoder, output);
        prior ? reach.origin(*prior).first->kind != dsl::ExprKind::StandardNormal : latent < 0)
      return false;
    return latent < 0 || model.latents[latent].kind == dsl::LatentKind::Normal;
  }
  dsl::ExprPtr logProb(dsl::ExprPtr q, dsl::ExprPtr v) const {
    return call(dsl::Function::LogProb, {std::move(q), std::move(v)}, {}, application.span);
  }

  const dsl::Model &model;
  dsl::Reach reach;
  const dsl::Uses &uses;
  const dsl::Expr &application;
  const dsl::Block &decoder;
};

} // namespace

void Importer::likelihoodGraph() {
  for (const dsl::ShownValue &v : uses.reconstructions)
    if (std::optional<Weight> weight = WeightOf(model, uses, *v.value).find()) {
      graph(GraphKind::Likelihood, false, [&] {
        useAverages();
        Value sum = value(*weight->likelihood);
        for (auto &[prior, posterior] : weight->latents)
          sum = ops.add(sum, ops.sub(value(*prior), value(*posterior)));
        observe(ObserveKind::Metric, "log_weight", sum);
      });
      return;
    }
}

} // namespace gan
