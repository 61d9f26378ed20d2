// Checks steps and their objectives. What an objective does not say, such as its blocks or its optimizer, is said by
// its step.
#include "dsl/check/Steps.h"

#include "dsl/check/Values.h"

#include <algorithm>

namespace gan::dsl {

/// The name, with a number behind it if it is taken already.
static std::string freeName(const std::string &name, std::set<std::string> &taken) {
  std::string out = name;
  for (int i = 2; !taken.insert(out).second; ++i)
    out = name + "#" + std::to_string(i);
  return out;
}

void Steps::step(const ast::Step &s) {
  Step out;
  out.span = s.span;
  int index = int(model.steps.size());
  names.open();
  if (s.qualifiers.every)
    out.every = numbers.whole(*s.qualifiers.every, "every", 1, 1e9).value_or(1);
  if (s.qualifiers.times)
    out.times = numbers.whole(*s.qualifiers.times, "times", 1, 1e6).value_or(1);
  for (const ast::Binding &b : s.lets)
    lets.let(b, index);
  for (const ast::Objective &o : s.objectives)
    objective(o, s, out);
  for (const ast::Binding &b : s.metrics)
    lets.metric(b, index);
  if (s.objectives.empty())
    report.missing(Id::MissingPart, s.span, {"objective: `minimize` or `maximize`"});
  for (const Objective &o : out.objectives)
    for (int b : o.blocks) {
      const Label *label = updatedLabel(model, o, b);
      out.name += (out.name.empty() ? "" : ",") + model.blocks[b].name + (label ? "." + label->name : "");
    }
  out.name = freeName(out.name, stepNames);
  names.close();
  model.steps.push_back(std::move(out));
}

/// The objective of the step that this one becomes a further term of: one that updates the same blocks, if either is
/// for a stream of the data. Null if there is none.
static Objective *joinedBy(const ast::Objective &o, const Objective &checked, Step &step) {
  for (Objective &other : step.objectives)
    if (other.blocks == checked.blocks && other.labels == checked.labels && !o.qualifiers.optimizer)
      return !o.qualifiers.from.text.empty() || other.terms.back().stream >= 0 ? &other : nullptr;
  return nullptr;
}

void Steps::objective(const ast::Objective &o, const ast::Step &s, Step &out) {
  Objective result;
  result.span = o.span;
  blocks(o, s, result);
  Objective *joined = joinedBy(o, result, out);
  if (!joined)
    updatedOnce(result, out);
  if (o.blocks.empty() && s.blocks.empty())
    report.error(Id::MissingPart, o.span, {"block to update: `step G ..` or `G minimize ..`"});
  if (joined) {
    std::string name = joined->name + "#" + std::to_string(joined->terms.size() + 1);
    joined->terms.push_back(term(o, s, o.label.text.empty() ? name : o.label.text));
    return;
  }
  if (!o.label.text.empty())
    result.name = o.label.text;
  // Two steps may update the same block, so their states and hyper-parameters need different names.
  result.name = freeName(result.name, objectiveNames);
  qualifiers(o.qualifiers, s.qualifiers, result);
  result.terms.push_back(term(o, s, result.name));
  out.objectives.push_back(std::move(result));
}

/// Finds the blocks that an objective updates.
void Steps::blocks(const ast::Objective &o, const ast::Step &s, Objective &out) {
  for (const ast::Updated &u : o.blocks.empty() ? s.blocks : o.blocks) {
    const Entity *entity = names.find(u.block, "block", {Entity::Block, Entity::Global});
    if (!entity)
      continue;
    const Block &block = model.blocks[size_t(entity->index)];
    if (block.frozen)
      report.error(Id::FrozenUpdated, u.block.span, {u.block.text})
          .notes.push_back({block.span, "it is declared here"});
    if (std::find(out.blocks.begin(), out.blocks.end(), entity->index) != out.blocks.end()) {
      report.error(Id::Repeated, u.block.span, {u.block.text})
          .notes.push_back({block.span, "a label of a group names several layers: `both: { .. }`"});
      continue;
    }
    out.blocks.push_back(entity->index);
    out.name += (out.name.empty() ? "" : ",") + u.block.text;
    if (u.label.text.empty())
      continue;
    out.name += "." + u.label.text;
    if (std::optional<int> label = labelOf(u, block))
      out.labels[entity->index] = *label;
  }
}

/// The label that a step names; nothing if there is no such label or it has no parameters, which is reported.
std::optional<int> Steps::labelOf(const ast::Updated &u, const Block &block) {
  std::vector<std::string> known;
  for (const Label &l : block.labels)
    known.push_back(l.name);
  auto found = std::find(known.begin(), known.end(), u.label.text);
  if (found == known.end()) {
    report.suggest(report.error(Id::UnknownName, u.label.span, {"label of " + block.name, u.label.text}), u.label.text,
                   known, u.label.span);
    return std::nullopt;
  }
  const Label &label = block.labels[size_t(found - known.begin())];
  for (const Layer &layer : block.layers)
    for (const Param &p : layer.params)
      if (!p.buffer && includes(&label, layer))
        return int(found - known.begin());
  report.error(Id::NothingToUpdate, u.label.span, {block.name + "." + label.name})
      .notes.push_back({label.span, "it names this layer or group alone; `" + label.name + ": { .. }` names several"});
  return std::nullopt;
}

/// In a step each layer belongs to one objective only, except for terms of different streams.
void Steps::updatedOnce(const Objective &o, const Step &step) {
  for (const Objective &other : step.objectives)
    for (int b : o.blocks) {
      if (std::find(other.blocks.begin(), other.blocks.end(), b) == other.blocks.end())
        continue;
      const Label *mine = updatedLabel(model, o, b), *theirs = updatedLabel(model, other, b);
      bool apart = mine && theirs && (mine->firstLayer > theirs->afterLayer || theirs->firstLayer > mine->afterLayer);
      if (!apart)
        report.error(Id::UpdatedTwice, o.span, {model.blocks[size_t(b)].name})
            .notes.push_back({other.span, "by this objective too"});
    }
}

/// Checks the optimizer, limits and condition, which an objective has of its own or from its step.
void Steps::qualifiers(const ast::Qualifiers &own, const ast::Qualifiers &ofStep, Objective &out) {
  if (const ast::ExprPtr &with = own.optimizer ? own.optimizer : ofStep.optimizer)
    out.optimizer = optimizers.of(*with, out.name);
  else
    report.missing(Id::MissingPart, out.span, {"optimizer: `with adam(lr 1e-3)`"});
  out.clipGrad = limit(own.clipGrad, ofStep.clipGrad, out.name + ".clip_grad");
  out.clipTogether = !own.clipGrad && ofStep.clipGrad;
  out.clipWeight = limit(own.clipWeight, ofStep.clipWeight, out.name + ".clip_weight");
  if (const ast::ExprPtr &when = own.when ? own.when : ofStep.when)
    out.when = condition(*when);
  if (const ast::ExprPtr &n = own.accumulate ? own.accumulate : ofStep.accumulate)
    out.accumulate = numbers.whole(*n, "accumulate", 1, 1e6).value_or(1);
}

std::optional<int> Steps::limit(const ast::ExprPtr &own, const ast::ExprPtr &ofStep, const std::string &name) {
  const ast::ExprPtr &e = own ? own : ofStep;
  return e ? std::optional(addConstant(model, name, numbers.number(*e), e->span)) : std::nullopt;
}

Term Steps::term(const ast::Objective &o, const ast::Step &s, const std::string &name) {
  Term out;
  out.name = name;
  out.maximize = o.maximize;
  out.span = o.span;
  out.stream = streamOf(o.qualifiers.from.text.empty() ? s.qualifiers.from : o.qualifiers.from);
  out.value = o.value ? expressions.value(*o.value) : nullptr;
  if (out.value && (!out.value->type.shape.empty() || out.value->type.kind == TypeKind::Number))
    report.error(Id::ObjectiveNotScalar, o.value->span, {"an objective", typeText(out.value->type)})
        .notes.push_back({o.value->span, "`sum(..)` adds up everything of a sample, `mean(..)` averages it"});
  return out;
}

/// The stream of this name; -1 without a name, or if there is no such stream, which is reported.
int Steps::streamOf(const ast::Name &from) {
  if (from.text.empty())
    return -1;
  std::vector<std::string> known;
  for (size_t i = 0; i < model.streams.size(); ++i) {
    if (model.streams[i].name == from.text)
      return int(i);
    known.push_back(model.streams[i].name);
  }
  Diagnostic &d = report.error(Id::UnknownName, from.span, {"stream", from.text});
  report.suggest(d, from.text, known, from.span);
  if (known.empty())
    d.notes.push_back({from.span, "streams are declared by `choose labelled(600) with 0.5 else unlabelled`"});
  return -1;
}

/// Checks the condition of `when`: a comparison of numbers of the batch, which are known after the step's forward pass.
ExprPtr Steps::condition(const ast::Expr &e) {
  ExprPtr v = expressions.value(e);
  if (!v)
    return nullptr;
  bool truth = v->type.range.lo >= 0 && v->type.range.hi <= 1;
  if (v->type.shape.empty() && v->type.kind != TypeKind::Sample && truth)
    return v;
  Diagnostic &d = report.error(Id::WrongType, e.span, {"a comparison of numbers of the batch", typeText(v->type)});
  if (v->type.kind == TypeKind::Sample)
    d.notes.push_back({e.span, "`batch_mean(..)` averages over the batch"});
  return nullptr;
}

} // namespace gan::dsl
