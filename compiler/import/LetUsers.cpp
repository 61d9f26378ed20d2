// Follows the names in expressions. A step uses a let if its objectives are computed from it, through any number of
// other lets.
#include "compiler/import/LetUsers.h"
#include "compiler/import/Streams.h"

#include "llvm/ADT/STLExtras.h"

#include <set>

using gan::dsl::ExprKind;

namespace gan {

std::pair<const dsl::Expr *, int> originOf(const dsl::Model &model, const dsl::Expr &e) {
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

bool isRandom(const dsl::Model &model, int let) {
  auto drops = [](const dsl::Layer &l) {
    return l.kind == dsl::LayerKind::Dropout || l.kind == dsl::LayerKind::ChannelDropout;
  };
  bool random = false;
  dsl::visitAll(model, *model.lets[let].value, [&](const dsl::Expr &e) {
    random |=
        e.kind == ExprKind::Latent || e.kind == ExprKind::Fresh ||
        (e.kind == ExprKind::Call && (e.function == dsl::Function::Sample || e.function == dsl::Function::Shuffle));
    if (e.kind == ExprKind::Apply) {
      const dsl::Block &block = model.blocks[e.index];
      random |= llvm::any_of(block.layers, drops) ||
                (block.trunk && llvm::any_of(model.blocks[block.trunk->block].layers, drops));
    }
  });
  return random;
}

/// The lets from which a step is computed in iterations of a stream: its own lets, and those that its objectives name.
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

std::map<int, std::vector<int64_t>> usersOfLets(const dsl::Model &model) {
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

std::vector<int> watchedLets(const dsl::Model &model) {
  std::set<int> watched;
  for (const dsl::Metric &m : model.metrics)
    collectLets(model, *m.value, watched);
  std::map<int, std::vector<int64_t>> active = usersOfLets(model);
  std::vector<int> only;
  for (int i : watched)
    if (model.lets[i].step < 0 && !active.count(i))
      only.push_back(i);
  return only;
}

} // namespace gan
