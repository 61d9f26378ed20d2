// Follows the gradient of each objective backwards, through lets and blocks, and reports what it does not reach or
// should not reach.
#include "dsl/check/Updates.h"

#include "dsl/check/Terms.h"

#include <algorithm>
#include <map>
#include <set>

namespace gan::dsl {
namespace {

bool contains(const std::vector<int> &blocks, int block) {
  return std::find(blocks.begin(), blocks.end(), block) != blocks.end();
}

/// The block that a head sits on; -1 for any other block.
int trunkOf(const Block &block) { return block.trunk ? block.trunk->block : -1; }

/// Whether the gradient of `e` reaches a block of `blocks`.
bool reaches(const Model &model, const Expr &e, const std::vector<int> &blocks) {
  bool found = false;
  walkGradient(model, e, [&](const Expr &apply, int) {
    found |= contains(blocks, apply.index) || contains(blocks, trunkOf(model.blocks[apply.index]));
  });
  return found;
}

/// The blocks that the gradient of an objective reaches, each with the last of its layers.
std::map<int, int> reachedBy(const Model &model, const Objective &o) {
  std::map<int, int> reached;
  auto reach = [&](int block, int layer) {
    auto [last, fresh] = reached.try_emplace(block, layer);
    last->second = std::max(last->second, layer);
  };
  for (const Term &term : o.terms)
    walkGradient(model, *term.value, [&](const Expr &apply, int) {
      const Block &block = model.blocks[apply.index];
      // An objective that names a head does not update its trunk, but its gradient passes the trunk.
      if (apply.label < 0 || !block.layers.empty())
        reach(apply.index, apply.label < 0 ? int(block.layers.size()) : block.labels[size_t(apply.label)].afterLayer);
      if (block.trunk)
        reach(block.trunk->block, model.blocks[block.trunk->block].labels[block.trunk->label].afterLayer);
    });
  return reached;
}

bool hasParameters(const Block &block) {
  return std::any_of(block.layers.begin(), block.layers.end(), [](const Layer &layer) {
    return std::any_of(layer.params.begin(), layer.params.end(), [](const Param &p) { return !p.buffer; });
  });
}

/// Reports a gradient that would pass a let from outside the steps to a block that an earlier step has changed since.
void checkStaleLets(const Model &model, size_t step, Report &report) {
  for (const Objective &o : model.steps[step].objectives)
    for (const Term &term : o.terms)
      walkGradient(model, *term.value, [&](const Expr &apply, int let) {
        if (let < 0 || !reaches(model, apply, o.blocks))
          return;
        for (size_t earlier = 0; earlier < step; ++earlier)
          for (const Objective &other : model.steps[earlier].objectives)
            if (contains(other.blocks, apply.index)) {
              Diagnostic &d =
                  report.error(Id::StaleLet, term.span, {model.lets[let].name, model.blocks[apply.index].name});
              d.notes.push_back({model.lets[let].span, "computed here, before the steps"});
              d.notes.push_back({other.span, "changed here"});
              return;
            }
      });
}

} // namespace

void checkUpdates(const Model &model, Report &report) {
  std::set<int> updated;
  for (size_t s = 0; s < model.steps.size(); ++s) {
    for (const Objective &o : model.steps[s].objectives) {
      for (const Term &term : o.terms)
        checkTerm(model, term, model.steps[s], report);
      std::map<int, int> reached = reachedBy(model, o);
      for (int b : o.blocks) {
        updated.insert(b);
        const Label *label = updatedLabel(model, o, b);
        if (!reached.count(b) || (label && reached.at(b) < label->firstLayer))
          report.error(Id::NotReached, o.span, {model.blocks[b].name + (label ? "." + label->name : "")})
              .notes.push_back({label ? label->span : model.blocks[b].span, "declared here"});
      }
    }
    checkStaleLets(model, s, report);
  }
  for (size_t b = 0; b < model.blocks.size(); ++b)
    if (!updated.count(int(b)) && hasParameters(model.blocks[b]) && !model.blocks[b].frozen)
      report.error(Id::NeverUpdated, model.blocks[b].span, {model.blocks[b].name});
  for (const Metric &m : model.metrics)
    checkDraws(model, *m.value, report);
  for (const Average &a : model.averages)
    if (!updated.count(a.block))
      report.error(Id::AverageOfFixed, a.span, {model.blocks[a.block].name});
}

} // namespace gan::dsl
