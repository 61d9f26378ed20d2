// Decides which lets are computed, and when.
#include "compiler/import/Importer.h"
#include "compiler/import/Streams.h"

#include <set>

using namespace mlir;
using gan::dsl::ExprKind;

namespace gan {

std::pair<const dsl::Expr *, int> Importer::origin(const dsl::Expr &e) const {
  const dsl::Expr *o = &e;
  int output = e.output;
  while (o->kind == ExprKind::Let) {
    o = model.lets[o->index].value.get();
    if (o->type.kind != dsl::TypeKind::Block)
      output = o->output;
  }
  return {o, output};
}

/// Adds the lets that an expression is computed from, including lets that these lets name.
static void collectLets(const dsl::Model &model, const dsl::Expr &root, std::set<int> &lets) {
  dsl::visitAll(model, root, [&](const dsl::Expr &e) {
    if (e.kind == ExprKind::Let)
      lets.insert(e.index);
  });
}

/// Whether a let, or a let that it is computed from, contains a draw.
bool Importer::isRandom(int let) const {
  auto drops = [](const dsl::Layer &l) {
    return l.kind == dsl::LayerKind::Dropout || l.kind == dsl::LayerKind::ChannelDropout;
  };
  bool random = false;
  dsl::visitAll(model, *model.lets[let].value, [&](const dsl::Expr &e) {
    random |= e.kind == ExprKind::Latent || e.kind == ExprKind::Fresh ||
              (e.kind == ExprKind::Call && e.function == dsl::Function::Sample);
    if (e.kind == ExprKind::Apply) {
      const dsl::Block &block = model.blocks[e.index];
      random |= llvm::any_of(block.layers, drops) ||
                (block.trunk && llvm::any_of(model.blocks[block.trunk->block].layers, drops));
    }
  });
  return random;
}

/// The lets from which a step is computed in iterations of a stream: its own lets, and those that its objectives name.
/// Metrics only watch, so lets that only metrics name are not included.
static std::set<int> letsOf(const dsl::Model &model, size_t step, int stream) {
  std::set<int> lets;
  for (size_t i = 0; i < model.lets.size(); ++i)
    if (model.lets[i].step == int64_t(step)) {
      lets.insert(int(i));
      collectLets(model, *model.lets[i].value, lets);
    }
  for (const dsl::Objective &o : model.steps[step].objectives) {
    bool counts = false;
    for (const dsl::Term &t : o.terms)
      if (t.stream < 0 || t.stream == stream) {
        counts = true;
        collectLets(model, *t.value, lets);
      }
    if (o.when && counts)
      collectLets(model, *o.when, lets);
  }
  return lets;
}

/// For each let in front of the steps, the future gan.steps that name it.
std::map<int, std::vector<int64_t>> Importer::usersOfLets() const {
  std::map<int, std::vector<int64_t>> users;
  int64_t entry = 0;
  for (size_t s = 0; s < model.steps.size(); ++s)
    for (int stream : streamsOf(model.steps[s])) {
      for (int let : letsOf(model, s, stream))
        if (model.lets[let].step < 0)
          users[let].push_back(entry);
      ++entry;
    }
  return users;
}

/// Evaluates all outputs of a let, because an application that only a let makes still advances its statistics.
void Importer::evaluateLet(int index) {
  dsl::Expr let;
  let.kind = ExprKind::Let;
  let.index = index;
  bool several = model.lets[index].value->type.kind == dsl::TypeKind::Block;
  int outputs = several ? int(model.blocks[origin(let).first->index].outputs.size()) : 1;
  for (let.output = 0; let.output < outputs; ++let.output)
    evaluate(let);
}

/// Evaluates the lets of the current step.
void Importer::evaluateStepLets() {
  for (size_t i = 0; i < model.lets.size(); ++i)
    if (model.lets[i].step == g.step)
      evaluateLet(int(i));
}

/// Evaluates the lets in front of the steps that some step names.
void Importer::evaluateOuterLets() {
  for (auto &[let, users] : usersOfLets()) {
    g.letUsers = users;
    evaluateLet(let);
  }
  g.letUsers.clear();
}

/// Evaluates the lets in front of the steps from which only metrics are computed.
void Importer::evaluateWatchedLets() {
  std::set<int> watched;
  for (const dsl::Metric &m : model.metrics)
    collectLets(model, *m.value, watched);
  std::map<int, std::vector<int64_t>> active = usersOfLets();
  for (int i : watched)
    if (model.lets[i].step < 0 && !active.count(i))
      evaluateLet(i);
}

/// Applies what a layer does to a state (running statistics) in training. In a step it happens at once. A let in front
/// of the steps does it only in runs of a step that names the let, and a let that only metrics name does nothing.
void Importer::advance(const std::string &state, llvm::function_ref<Value(Value old)> next) {
  Value &version = g.states.at(state);
  if (g.step >= 0) {
    version = next(version);
    return;
  }
  if (g.letUsers.empty())
    return;
  auto body = std::make_unique<Block>();
  Value old = body->addArgument(version.getType(), ops.loc);
  {
    OpBuilder::InsertionGuard guard(ops.b);
    ops.b.setInsertionPointToEnd(body.get());
    Value fresh = next(old);
    YieldOp::create(ops.b, ops.loc, fresh);
  }
  auto op =
      StepOp::create(ops.b, ops.loc, version.getType(), state, /*index=*/-1, /*every=*/1, /*times=*/1,
                     /*stream=*/-1, ArrayRef<int64_t>(), ops.b.getDenseI64ArrayAttr(g.letUsers), ArrayAttr(), version);
  op.getBody().push_back(body.release());
  g.advancing.push_back(op);
  version = op.getResult(0);
}

/// Lets share an application: it changes states whenever a step runs that names any of these lets.
void Importer::shareAdvances(const std::vector<const void *> &application) {
  if (g.letUsers.empty())
    return;
  std::vector<StepOp> &advances = g.advances[application];
  llvm::append_range(advances, g.advancing);
  g.advancing.clear();
  for (StepOp op : advances) {
    std::set<int64_t> users(op.getUsers()->begin(), op.getUsers()->end());
    users.insert(g.letUsers.begin(), g.letUsers.end());
    op.setUsers(SmallVector<int64_t>(users.begin(), users.end()));
  }
}

} // namespace gan
