// The four graphs of a program: train, evaluate, and, where the model has what they need, sample and reconstruct.
#include "compiler/import/Importer.h"

#include <functional>
#include <set>

using namespace mlir;

namespace gan {

void Importer::graph(StringRef name, bool training, llvm::function_ref<void()> body) {
  Location loc = builder.getUnknownLoc();
  auto op = GraphOp::create(builder, loc, name);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&op.getBody().emplaceBlock());
  g = GraphState();
  g.training = training;
  g.sources = &op.getBody().front();
  here = loc;
  for (auto &[state, type] : stateTypes) {
    auto read = ReadOp::create(builder, loc, type, state);
    g.states[state] = read;
    g.start = read;
  }
  auto before = g.states;
  body();
  for (auto &[state, v] : g.states)
    if (training && v != before[state])
      WriteOp::create(builder, loc, state, v);
}

void Importer::observe(StringRef kind, const std::string &name, Value v, ArrayRef<NamedAttribute> info) {
  ObserveOp::create(builder, here, kind, name, g.entry, v, builder.getDictionaryAttr(info));
}

/// Outside, a batch of images is (N, C, H, W).
void Importer::observeValue(const std::string &name, Value v, const dsl::Shape &shape, dsl::Range range) {
  SmallVector<int64_t> outside{model.batch}, order{0};
  outside.append(shape.begin(), shape.end());
  for (size_t i = 1; i < outside.size(); ++i)
    order.push_back(i);
  if (shape.size() == 3)
    order = {0, 2, 3, 1};
  auto list = [&](ArrayRef<int64_t> x) { return builder.getDenseI64ArrayAttr(x); };
  observe("value", name, v,
          {builder.getNamedAttr("shape", list(outside)), builder.getNamedAttr("view", list(outside)),
           builder.getNamedAttr("order", list(order)), builder.getNamedAttr("lo", builder.getF64FloatAttr(range.lo)),
           builder.getNamedAttr("hi", builder.getF64FloatAttr(range.hi))});
}

void Importer::trainGraph() {
  graph("train", true, [&] {
    evaluateLets(-1);
    metrics(-1);
    for (size_t s = 0; s < model.steps.size(); ++s)
      for (int stream : streamsOf(model.steps[s]))
        step(model.steps[s], int64_t(s), stream);
  });
}

/// One number per sample for each metric and objective, so that the host can leave out what fills up the last batch.
void Importer::evaluateGraph() {
  graph("evaluate", false, [&] {
    auto each = [&](const std::string &name, const dsl::Expr &e) {
      dsl::Type sample = e.type;
      sample.kind = dsl::TypeKind::Sample;
      Value v = valueAs(e, sample);
      observe("metric", name, v, {});
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

/// A block on the data: each of its inputs is data, or a type that one of the model's data has. Labels are not given.
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

/// What categorical heads see in the data, so that the host can compare it with labels.
void Importer::codes() {
  for (size_t b = 0; b < model.blocks.size(); ++b) {
    const dsl::Block &block = model.blocks[b];
    std::shared_ptr<dsl::Expr> e = onData(model, int(b));
    for (size_t i = 0; e && i < block.outputs.size(); ++i) {
      const dsl::Output &o = block.outputs[i];
      if (o.kind != dsl::OutputKind::Categorical)
        continue;
      e->output = int(i);
      observe("code", block.name + (o.name.empty() ? "" : "." + o.name), winner(evaluate(*e).first),
              builder.getNamedAttr("hi", builder.getF64FloatAttr(double(o.shape[0]))));
    }
  }
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
    seen.clear();
    auto visit = [&](const dsl::ExprPtr &root) {
      visitAll(*root, [&](const dsl::Expr &e) {
        if (found || e.kind != dsl::ExprKind::Apply || e.index != block || e.label >= 0)
          return;
        Sources s;
        std::set<const dsl::Expr *> below;
        for (const dsl::ExprPtr &a : e.args)
          collect(*a, s, below);
        if (wanted(s))
          found = &e;
      });
    };
    for (const dsl::Let &l : model.lets)
      visit(l.value);
    for (const dsl::Metric &m : model.metrics)
      visit(m.value);
    for (const dsl::Step &s : model.steps)
      for (const dsl::Objective &o : s.objectives)
        for (const dsl::Term &t : o.terms)
          visit(t.value);
    return found;
  }

private:
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
      observeValue(model.blocks[b].name, expectation(evaluate(*e)), o.shape, displayRange(model, o));
    }
  });
}

void Importer::reconstructGraph() {
  auto list = shown(model, [&](int b) -> std::shared_ptr<const dsl::Expr> {
    const dsl::Expr *e = Walk(model).find(b, [](const Sources &s) { return s.data && s.encoder; });
    return e ? std::make_shared<dsl::Expr>(*e) : nullptr;
  });
  if (list.empty())
    return;
  graph("reconstruct", false, [&] {
    useAverages();
    g.meanSamples = true;
    for (auto &[b, e] : list) {
      const dsl::Output &o = model.blocks[b].outputs[0];
      observeValue(model.blocks[b].name, expectation(evaluate(*e)), o.shape, displayRange(model, o));
    }
  });
}

} // namespace gan
