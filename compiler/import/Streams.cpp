// Looks through the terms of objectives for the streams that they are bound to, and through their gradients for the
// blocks that they reach.
#include "compiler/import/Streams.h"
#include "dsl/Checker.h"

#include <algorithm>
#include <set>

namespace gan {

std::vector<int> streamsOf(const dsl::Step &s) {
  std::set<int> bound;
  bool free = false;
  for (const dsl::Objective &o : s.objectives)
    for (const dsl::Term &t : o.terms)
      if (t.stream >= 0)
        bound.insert(t.stream);
      else
        free = true;
  if (bound.empty())
    return {-1};
  return free ? std::vector<int>{0, 1} : std::vector<int>(bound.begin(), bound.end());
}

bool reachedIn(const dsl::Model &model, const dsl::Objective &o, int block, int stream) {
  bool reached = false;
  for (const dsl::Term &t : o.terms)
    if (t.stream < 0 || t.stream == stream)
      dsl::walkGradient(model, *t.value, [&](const dsl::Expr &apply, int) {
        const dsl::Block &b = model.blocks[size_t(apply.index)];
        reached |= apply.index == block || (b.trunk && b.trunk->block == block);
      });
  return reached;
}

/// Whether the objective updates a block in iterations of this stream.
static bool updatesIn(const dsl::Model &model, const dsl::Objective &o, int stream) {
  return std::any_of(o.blocks.begin(), o.blocks.end(), [&](int b) { return reachedIn(model, o, b, stream); });
}

static std::vector<int> streamsOf(const dsl::Model &model) {
  return model.streams.empty() ? std::vector<int>{-1} : std::vector<int>{0, 1};
}

bool inEveryStream(const dsl::Model &model, const std::vector<dsl::Objective> &objectives) {
  std::vector<int> streams = streamsOf(model);
  return std::all_of(streams.begin(), streams.end(), [&](int stream) {
    return std::any_of(objectives.begin(), objectives.end(),
                       [&](const dsl::Objective &o) { return updatesIn(model, o, stream); });
  });
}

bool inEveryStream(const dsl::Model &model, const dsl::Objective &o) {
  std::vector<int> streams = streamsOf(model);
  return std::all_of(streams.begin(), streams.end(), [&](int stream) { return updatesIn(model, o, stream); });
}

} // namespace gan
