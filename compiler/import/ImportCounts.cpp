// Counts updates. A number that changes with each update depends on how many have been done. That is the number of runs
// of its step, which the host knows, unless `when` withholds some updates or `from` leaves iterations out. In those
// cases a state counts them.
#include "compiler/import/Importer.h"

using namespace mlir;

namespace gan {
namespace {

bool bySteps(const dsl::Number &n) {
  return llvm::any_of(n.terms, [](const dsl::Number::Term &t) {
    return t.op == dsl::NumberOp::RampSteps || t.op == dsl::NumberOp::DecaySteps;
  });
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
  return llvm::any_of(block.outputs, [](const dsl::Output &o) { return o.variance && bySteps(*o.variance); });
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

/// Whether every stream that an iteration may take is one in which some of the objectives updates a block.
bool inEveryStream(const dsl::Model &model, ArrayRef<dsl::Objective> objectives) {
  return llvm::all_of(model.streams.empty() ? std::vector<int>{-1} : std::vector<int>{0, 1}, [&](int stream) {
    return llvm::any_of(objectives, [&](const dsl::Objective &o) {
      return llvm::any_of(o.blocks, [&](int b) { return reachedIn(model, o, b, stream); });
    });
  });
}

} // namespace

bool reachedIn(const dsl::Model &model, const dsl::Objective &o, int block, int stream) {
  bool reached = false;
  for (const dsl::Term &t : o.terms)
    if (t.stream < 0 || t.stream == stream)
      dsl::walkGradient(model, *t.value, [&](const dsl::Expr &apply, int) {
        const dsl::Block &b = model.blocks[apply.index];
        reached |= apply.index == block || (b.trunk && b.trunk->block == block);
      });
  return reached;
}

/// Updates are counted only if some number of the model depends on them.
void Importer::findCounts() { countsUpdates = bySteps(model); }

std::string Importer::countOf(const dsl::Objective &o) const {
  return countsUpdates && (o.when || !inEveryStream(model, o)) ? "optim." + o.name + ".step" : "";
}

/// Counts for what the objectives of a step share: the runs in which any of them updated its blocks.
std::string Importer::countOf(const dsl::Step &s) const {
  if (s.objectives.size() == 1)
    return countOf(s.objectives[0]);
  bool withheld = llvm::any_of(s.objectives, [](const dsl::Objective &o) { return o.when != nullptr; });
  bool everyRun = withheld ? llvm::any_of(s.objectives, [&](const dsl::Objective &o) { return countOf(o).empty(); })
                           : inEveryStream(model, s.objectives);
  return countsUpdates && !everyRun ? "updates." + s.name + ".step" : "";
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

/// The count for a block's moving average: updates of the block, whichever objective makes them.
std::string Importer::countOfAverage(int block) const {
  std::vector<const dsl::Objective *> updaters = updatersOf(model, block);
  if (updaters.size() == 1)
    return countOf(*updaters[0]);
  return averageHasCount(block) ? "updates.average." + model.blocks[block].name + ".step" : "";
}

bool Importer::averageHasCount(int block) const { return countsUpdates && updatersOf(model, block).size() != 1; }

void Importer::declareCounts() {
  for (const dsl::Average &a : model.averages)
    if (averageHasCount(a.block))
      declareCount(countOfAverage(a.block), model.blocks[a.block].name, a.span);
  for (const dsl::Step &s : model.steps) {
    std::map<std::string, int> counts; // each count, with a block that it belongs to
    for (const dsl::Objective &o : s.objectives)
      counts.try_emplace(countOf(o), o.blocks[0]);
    counts.try_emplace(countOf(s), s.objectives[0].blocks[0]);
    for (auto &[name, block] : counts)
      if (!name.empty())
        declareCount(name, model.blocks[block].name, s.span);
  }
}

/// Adds one to the count, but nothing while the gate is shut.
void Importer::countUpdate(const std::string &count, Value gate) {
  if (count.empty())
    return;
  Value old = g.states.at(count);
  g.states[count] = gated(gate, at().add(old, at().like(old, 1)), old);
}

/// Adds one if any of the gates is open.
void Importer::countAny(const std::string &count, ArrayRef<Value> gates) {
  if (count.empty() || gates.empty())
    return;
  Value any = gates[0];
  for (Value gate : gates.drop_front())
    any = any && gate ? at().binary<MaxOp>(any, gate) : Value();
  countUpdate(count, any);
}

} // namespace gan
