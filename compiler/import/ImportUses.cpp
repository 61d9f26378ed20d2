// The graphs behind what a trained model is used for, where the model has what they need: sample, reconstruct, encode,
// decode and likelihood.
#include "compiler/import/Importer.h"

#include <functional>
#include <set>

using namespace mlir;

namespace gan {

/// The expectation of an output, its distribution and, of a gaussian, its log variances. Outside, a batch of images is
/// (N, C, H, W).
void Importer::observeOutput(const std::string &name, const dsl::Expr &e, const dsl::Output &o, dsl::Range range) {
  static constexpr const char *kinds[] = {"plain", "bernoulli", "gaussian", "categorical"};
  static_assert(size_t(dsl::OutputKind::Value) == 0 && size_t(dsl::OutputKind::Categorical) == 3);
  const dsl::Shape &shape = o.shape;
  Distribution q = evaluate(e);
  SmallVector<int64_t> outside{model.batch}, order{0};
  outside.append(shape.begin(), shape.end());
  for (size_t i = 1; i < outside.size(); ++i)
    order.push_back(i);
  if (shape.size() == 3)
    order = {0, 2, 3, 1};
  auto list = [&](ArrayRef<int64_t> x) { return builder.getDenseI64ArrayAttr(x); };
  SmallVector<NamedAttribute> info{builder.getNamedAttr("shape", list(outside)),
                                   builder.getNamedAttr("view", list(outside)),
                                   builder.getNamedAttr("order", list(order)),
                                   builder.getNamedAttr("lo", builder.getF64FloatAttr(range.lo)),
                                   builder.getNamedAttr("hi", builder.getF64FloatAttr(range.hi)),
                                   builder.getNamedAttr("distribution", builder.getStringAttr(kinds[size_t(q.kind)]))};
  observe("value", name, expectation(q), info);
  if (q.kind == dsl::OutputKind::Gaussian)
    observe("log_variance", name, logVariance(q, e), info);
}

namespace {

/// What an expression is computed from, through lets; labels are not data here.
struct Sources {
  bool data = false, latents = false, encoder = false;
};

class Walk {
public:
  explicit Walk(const dsl::Model &model) : model(model) {}

  /// First application of `block` whose arguments satisfy `wanted`, in the order of the file.
  const dsl::Expr *find(int block, const std::function<bool(const Sources &)> &wanted) {
    const dsl::Expr *found = nullptr;
    visitModel([&](const dsl::Expr &e) {
      if (found || e.kind != dsl::ExprKind::Apply || e.index != block || e.label >= 0)
        return;
      Sources s;
      std::set<const dsl::Expr *> below;
      for (const dsl::ExprPtr &a : e.args)
        collect(*a, s, below);
      if (wanted(s))
        found = &e;
    });
    return found;
  }

  bool has(dsl::ExprKind kind) {
    bool found = false;
    visitModel([&](const dsl::Expr &e) { found |= e.kind == kind; });
    return found;
  }

private:
  void visitModel(const std::function<void(const dsl::Expr &)> &f) {
    seen.clear();
    for (const dsl::Let &l : model.lets)
      visitAll(*l.value, f);
    for (const dsl::Metric &m : model.metrics)
      visitAll(*m.value, f);
    for (const dsl::Step &s : model.steps)
      for (const dsl::Objective &o : s.objectives)
        for (const dsl::Term &t : o.terms)
          visitAll(*t.value, f);
  }
  void visitAll(const dsl::Expr &e, const std::function<void(const dsl::Expr &)> &f) {
    if (!seen.insert(&e).second)
      return;
    f(e);
    for (const dsl::ExprPtr &a : e.args)
      visitAll(*a, f);
  }
  void collect(const dsl::Expr &e, Sources &s, std::set<const dsl::Expr *> &below) {
    if (!below.insert(&e).second)
      return;
    s.data |= e.kind == dsl::ExprKind::Data && model.data[e.index].kind != dsl::DataKind::Categorical;
    s.latents |= e.kind == dsl::ExprKind::Latent || e.kind == dsl::ExprKind::Fresh;
    s.encoder |= e.kind == dsl::ExprKind::Apply && model.blocks[e.index].kind == dsl::BlockKind::Encoder;
    if (e.kind == dsl::ExprKind::Let)
      collect(*model.lets[e.index].value, s, below);
    for (const dsl::ExprPtr &a : e.args)
      collect(*a, s, below);
  }

  const dsl::Model &model;
  std::set<const dsl::Expr *> seen;
};

/// The decoder on its own latents, and labels, where its header names them.
std::shared_ptr<dsl::Expr> onItsLatents(const dsl::Model &model, int index) {
  auto out = std::make_shared<dsl::Expr>();
  out->kind = dsl::ExprKind::Apply;
  out->index = index;
  out->span = model.blocks[index].span;
  bool latents = false;
  for (const dsl::Input &input : model.blocks[index].inputs) {
    bool label = input.data >= 0 && model.data[input.data].kind == dsl::DataKind::Categorical;
    if (input.latent < 0 && !label)
      return nullptr;
    latents |= !label;
    auto z = std::make_shared<dsl::Expr>();
    z->kind = label ? dsl::ExprKind::Data : dsl::ExprKind::Latent;
    z->index = label ? input.data : input.latent;
    z->span = input.span;
    z->type = {dsl::TypeKind::Sample, input.shape, dsl::OutputKind::Value, {}};
    out->args.push_back(z);
  }
  return latents ? out : nullptr;
}

/// Applications to show: for each decoder what `choose` finds.
template <class Choose>
std::vector<std::pair<int, std::shared_ptr<const dsl::Expr>>> shown(const dsl::Model &model, Choose choose) {
  std::vector<std::pair<int, std::shared_ptr<const dsl::Expr>>> out;
  for (size_t b = 0; b < model.blocks.size(); ++b)
    if (model.blocks[b].kind == dsl::BlockKind::Decoder)
      if (std::shared_ptr<const dsl::Expr> e = choose(b))
        out.emplace_back(b, e);
  return out;
}

/// Where a value lies: a distribution's expectation has bounds of its own.
dsl::Range displayRange(const dsl::Model &model, const dsl::Output &o) {
  if (o.kind == dsl::OutputKind::Bernoulli || o.kind == dsl::OutputKind::Categorical)
    return {0, 1};
  if (std::isfinite(o.range.lo) && std::isfinite(o.range.hi))
    return o.range;
  for (const dsl::Data &d : model.data)
    if (d.shape == o.shape)
      return d.range;
  return {0, 1};
}

} // namespace

/// What is shown is made by the averaged block where there is one.
void Importer::useAverages() {
  for (auto &[name, type] : stateTypes)
    if (auto average = g.states.find("average." + name); average != g.states.end())
      g.states[name] = average->second;
}

void Importer::sampleGraph() {
  auto list = shown(model, [&](int b) -> std::shared_ptr<const dsl::Expr> {
    if (auto e = onItsLatents(model, b))
      return e;
    const dsl::Expr *e = Walk(model).find(b, [](const Sources &s) { return s.latents && !s.data; });
    return e ? std::make_shared<dsl::Expr>(*e) : nullptr;
  });
  if (list.empty())
    return;
  graph("sample", false, [&] {
    useAverages();
    g.drawLabels = true;
    for (auto &[b, e] : list) {
      const dsl::Output &o = model.blocks[b].outputs[0];
      observeOutput(model.blocks[b].name, *e, o, displayRange(model, o));
    }
  });
}

/// Decoders on what encoders make of the data.
static std::vector<std::pair<int, std::shared_ptr<const dsl::Expr>>> reconstructions(const dsl::Model &model) {
  return shown(model, [&](int b) -> std::shared_ptr<const dsl::Expr> {
    const dsl::Expr *e = Walk(model).find(b, [](const Sources &s) { return s.data && s.encoder; });
    return e ? std::make_shared<dsl::Expr>(*e) : nullptr;
  });
}

void Importer::reconstructGraph(StringRef name, bool givenCodes) {
  auto list = reconstructions(model);
  if (list.empty())
    return;
  graph(name, false, [&] {
    useAverages();
    g.meanSamples = true;
    g.givenCodes = givenCodes;
    for (auto &[b, e] : list) {
      const dsl::Output &o = model.blocks[b].outputs[0];
      observeOutput(model.blocks[b].name, *e, o, displayRange(model, o));
    }
  });
}

std::string codeName(const dsl::Block &block, int output) {
  const std::string &name = block.outputs[output].name;
  return "code." + block.name + (name.empty() ? "" : "." + name);
}

/// Encoders on the data: what decode takes.
void Importer::encodeGraph() {
  std::vector<std::shared_ptr<dsl::Expr>> list;
  for (size_t b = 0; b < model.blocks.size(); ++b)
    if (model.blocks[b].kind == dsl::BlockKind::Encoder)
      if (auto e = onData(model, int(b), true))
        list.push_back(e);
  if (list.empty())
    return;
  graph("encode", false, [&] {
    useAverages();
    g.meanSamples = true;
    for (const std::shared_ptr<dsl::Expr> &e : list) {
      const dsl::Block &block = model.blocks[e->index];
      for (e->output = 0; e->output < int(block.outputs.size()); ++e->output)
        observeOutput(codeName(block, e->output), *e, block.outputs[e->output], {0, 1});
    }
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

/// What a let stands for.
const dsl::Expr *behindLets(const dsl::Model &model, const dsl::Expr *e) {
  while (e->kind == dsl::ExprKind::Let)
    e = model.lets[e->index].value.get();
  return e;
}

/// An encoder's gaussian that an expression is a sample of: the application, which of its outputs, and its type.
struct Sampled {
  int block = -1; ///< -1: it is something else
  int output = 0;
  dsl::Type type;
};
Sampled sampledEncoder(const dsl::Model &model, const dsl::Expr *e) {
  e = behindLets(model, e);
  if (e->kind != dsl::ExprKind::Call || e->function != dsl::Function::Sample)
    return {};
  const dsl::Expr *q = e->args[0].get();
  Sampled found{-1, q->output, q->type};
  while (q->kind == dsl::ExprKind::Let) {
    q = model.lets[q->index].value.get();
    if (q->type.kind != dsl::TypeKind::Block)
      found.output = q->output;
  }
  if (q->kind == dsl::ExprKind::Apply && model.blocks[q->index].kind == dsl::BlockKind::Encoder &&
      model.blocks[q->index].outputs[found.output].kind == dsl::OutputKind::Gaussian)
    found.block = q->index;
  return found;
}

/// log p(x | z) + log p(z) - log q(z | x) with z drawn from q: a weight of the importance-weighted bound (Burda et al.
/// 2016). For a decoder of one distribution over the data, on labels and samples of encoders whose prior is standard
/// normal: its header names a normal latent, or nothing and the model says `standard_normal`. Null for other models.
struct Weight {
  dsl::ExprPtr likelihood;
  std::vector<std::pair<dsl::ExprPtr, dsl::ExprPtr>> latents; ///< log p(z), log q(z | x)
};

class WeightOf {
public:
  WeightOf(const dsl::Model &model, const dsl::Expr &application)
      : model(model), application(application), decoder(model.blocks[application.index]) {}

  std::optional<Weight> find(bool standardNormal) const {
    const dsl::Output &o = decoder.outputs[0];
    auto data = llvm::find_if(
        model.data, [&](const dsl::Data &d) { return d.kind != dsl::DataKind::Categorical && d.shape == o.shape; });
    if (decoder.outputs.size() != 1 || o.kind == dsl::OutputKind::Value || data == model.data.end())
      return std::nullopt;
    auto p = std::make_shared<dsl::Expr>(application);
    Weight weight;
    for (auto [i, argument] : llvm::enumerate(p->args)) {
      const dsl::Expr *e = behindLets(model, argument.get());
      if (e->kind == dsl::ExprKind::Data && model.data[e->index].kind == dsl::DataKind::Categorical)
        continue;
      Sampled encoder = sampledEncoder(model, e);
      std::shared_ptr<dsl::Expr> q = encoder.block >= 0 ? onData(model, encoder.block, true) : nullptr;
      if (!q || !normalPrior(i, standardNormal))
        return std::nullopt;
      q->output = encoder.output;
      q->type = encoder.type;
      auto standard = std::make_shared<dsl::Expr>();
      standard->kind = dsl::ExprKind::StandardNormal;
      standard->type = encoder.type;
      auto z = call(dsl::Function::Sample, {q}, encoder.type.shape, e->span);
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
  bool normalPrior(size_t input, bool standardNormal) const {
    int latent = input < decoder.inputs.size() ? decoder.inputs[input].latent : -1;
    return latent >= 0 ? model.latents[latent].kind == dsl::LatentKind::Normal : standardNormal;
  }
  dsl::ExprPtr logProb(dsl::ExprPtr q, dsl::ExprPtr v) const {
    return call(dsl::Function::LogProb, {std::move(q), std::move(v)}, {}, application.span);
  }

  const dsl::Model &model;
  const dsl::Expr &application;
  const dsl::Block &decoder;
};

} // namespace

void Importer::likelihoodGraph() {
  bool standardNormal = Walk(model).has(dsl::ExprKind::StandardNormal);
  for (auto &[b, e] : reconstructions(model))
    if (std::optional<Weight> weight = WeightOf(model, *e).find(standardNormal)) {
      graph("likelihood", false, [&] {
        useAverages();
        Value sum = value(*weight->likelihood);
        for (auto &[prior, posterior] : weight->latents)
          sum = at().add(sum, at().sub(value(*prior), value(*posterior)));
        observe("metric", "log_weight", sum, {});
      });
      return;
    }
}

} // namespace gan
