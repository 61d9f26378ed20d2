// Finds the numbers that change with each update, and the objectives whose updates are not those of each run. Where
// there are no such numbers, nothing is counted.
#include "compiler/import/UpdateCounts.h"
#include "compiler/import/Streams.h"
#include "dsl/Tables.h"

#include "llvm/ADT/STLExtras.h"

#include <map>

namespace gan {
namespace {

/// Whether a schedule in the number goes by updates: the words of such operations say so.
bool bySteps(const dsl::Number &n) {
  return llvm::any_of(
      n.terms, [](const dsl::Number::Term &t) { return dsl::numberOpRows()[size_t(t.op)].word.ends_with("_steps"); });
}

/// Whether an expression contains such a number itself, not counting the lets that it names.
bool bySteps(const dsl::Expr &root) {
  bool found = false;
  dsl::visitWithin(root, [&](const dsl::Expr &e) { found |= bySteps(e.number); });
  return found;
}

bool bySteps(const dsl::Block &block) {
  for (const dsl::Layer &layer : block.layers)
    for (const dsl::LayerArg &arg : layer.args)
      if (llvm::any_of(arg.values, [](const dsl::Number &n) { return bySteps(n); }))
        return true;
  return llvm::any_of(block.outputs, [](const dsl::Output &o) { return o.given && bySteps(*o.given); });
}

bool bySteps(const dsl::Objective &o) {
  return (o.when && bySteps(*o.when)) || llvm::any_of(o.terms, [](const dsl::Term &t) { return bySteps(*t.value); });
}

bool bySteps(const dsl::Model &model) {
  return llvm::any_of(model.constants, [](const dsl::Constant &c) { return bySteps(c.value); }) ||
         llvm::any_of(model.lets, [](const dsl::Let &l) { return bySteps(*l.value); }) ||
         llvm::any_of(model.metrics, [](const dsl::Metric &m) { return bySteps(*m.value); }) ||
         llvm::any_of(model.blocks, [](const dsl::Block &b) { return bySteps(b); }) ||
         llvm::any_of(model.steps, [](const dsl::Step &s) {
           return llvm::any_of(s.objectives, [](const dsl::Objective &o) { return bySteps(o); });
         });
}

} // namespace

UpdateCounts::UpdateCounts(const dsl::Model &model) : model(model), needed(bySteps(model)) {}

std::string UpdateCounts::of(const dsl::Objective &o) const {
  return needed && (o.when || o.accumulate > 1 || !inEveryStream(model, o)) ? "optim." + o.name + ".step" : "";
}

std::string UpdateCounts::of(const dsl::Step &s) const {
  if (s.objectives.size() == 1)
    return of(s.objectives[0]);
  bool withheld = llvm::any_of(s.objectives, [](const dsl::Objective &o) { return o.when || o.accumulate > 1; });
  bool everyRun = withheld ? llvm::any_of(s.objectives, [&](const dsl::Objective &o) { return of(o).empty(); })
                           : inEveryStream(model, s.objectives);
  return needed && !everyRun ? "updates." + s.name + ".step" : "";
}

/// The objectives that update a block.
static std::vector<const dsl::Objective *> updatersOf(const dsl::Model &model, int block) {
  std::vector<const dsl::Objective *> updaters;
  for (const dsl::Step &s : model.steps)
    for (const dsl::Objective &o : s.objectives)
      if (llvm::is_contained(o.blocks, block))
        updaters.push_back(&o);
  return updaters;
}

std::string UpdateCounts::ofAverage(int block) const {
  std::vector<const dsl::Objective *> updaters = updatersOf(model, block);
  if (updaters.size() == 1)
    return of(*updaters[0]);
  return averageHasOwn(block) ? "updates.average." + model.blocks[block].name + ".step" : "";
}

bool UpdateCounts::averageHasOwn(int block) const { return needed && updatersOf(model, block).size() != 1; }

std::vector<UpdateCounts::Count> UpdateCounts::all() const {
  std::vector<Count> counts;
  for (const dsl::Average &a : model.averages)
    if (averageHasOwn(a.block))
      counts.push_back({ofAverage(a.block), a.block, a.span});
  for (const dsl::Step &s : model.steps) {
    std::map<std::string, int> ofStep; // each count, with a block that it belongs to
    for (const dsl::Objective &o : s.objectives)
      ofStep.try_emplace(of(o), o.blocks[0]);
    ofStep.try_emplace(of(s), s.objectives[0].blocks[0]);
    for (auto &[name, block] : ofStep)
      if (!name.empty())
        counts.push_back({name, block, s.span});
  }
  return counts;
}

} // namespace gan
