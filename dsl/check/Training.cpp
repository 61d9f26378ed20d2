// Checks the `train` section. Lets come before steps, which read them, and metrics after both; who updates what is
// checked last.
#include "dsl/check/Training.h"

#include "dsl/Checker.h"
#include "dsl/check/Sizes.h"
#include "dsl/check/Updates.h"
#include "dsl/check/Values.h"

namespace gan::dsl {

void Training::train(const ast::Train &t, std::optional<int64_t> batch) {
  sizes(t, batch);
  for (const ast::Binding &b : t.constants)
    declarations.constant(b);
  for (const ast::Choice &c : t.choices)
    choice(c);
  for (const ast::Average &a : t.averages)
    average(a);
  for (const ast::Binding &b : t.lets)
    lets.let(b, -1);
  for (const ast::Step &s : t.steps)
    steps.step(s);
  for (const ast::Binding &b : t.metrics)
    lets.metric(b, -1);
  for (const ast::Refinement &r : t.refinements)
    refinement(r);
  if (t.steps.empty())
    report.missing(Id::MissingPart, t.span, {"`step`"});
  if (report.clean())
    checkPlateaus(model, report);
  if (report.clean())
    checkUpdates(model, report);
}

/// Checks the sizes of a batch, of an epoch and of the whole training.
void Training::sizes(const ast::Train &t, std::optional<int64_t> batch) {
  if (t.batch)
    model.batch = numbers.whole(*t.batch, "batch", 1, 1e6).value_or(1);
  else
    report.missing(Id::MissingPart, t.span, {"`batch`"});
  if (t.epochs)
    model.epochs = numbers.whole(*t.epochs, "epochs", 1, 1e9).value_or(1);
  if (t.iterations)
    model.epochIterations = numbers.whole(*t.iterations, "iterations of an epoch", 1, 1e9).value_or(1);
  if (batch)
    model.batch = *batch;
  if (model.batch)
    checkBatch(model, report);
}

/// `choose first(count, seed s) with chance else second`: two streams of the data.
void Training::choice(const ast::Choice &c) {
  if (!c.first || !c.chance)
    return;
  const ast::Expr &e = *c.first;
  if (e.kind != ast::ExprKind::Call || e.operands[0]->kind != ast::ExprKind::Name || e.arguments.empty()) {
    report.error(Id::MissingArgument, e.span,
                 {"choose", "the number of images of the first stream: `choose labelled(600) ..`"});
    return;
  }
  if (!model.streams.empty()) {
    report.error(Id::DuplicateName, c.span, {"choose", "the choice of streams"})
        .notes.push_back({model.streams[0].span, "it is declared here"});
    return;
  }
  Stream first = firstStream(c);
  model.firstChance = share(*c.chance, "the chance of a stream");
  model.streams = {first, {c.second.text, 0, 0, c.second.span}};
}

Stream Training::firstStream(const ast::Choice &c) {
  Stream out{c.first->operands[0]->name.text, 0, 0, c.span};
  for (const ast::Argument &a : c.first->arguments) {
    if (a.name.text == "seed")
      out.seed = numbers.whole(*a.value, "seed", 0, 9e15).value_or(0);
    else if (a.name.text.empty() && !out.count)
      out.count = numbers.whole(*a.value, "images of the stream", 1, 1e9).value_or(1);
    else
      report.error(Id::ExtraArgument, a.span, {"choose", "a number of images and a `seed`", "one more"});
  }
  return out;
}

/// `average G by 0.999`: each block has one average at most.
void Training::average(const ast::Average &a) {
  const Entity *block = names.find(a.block, "block", {Entity::Block});
  if (!block || !a.decay)
    return;
  for (const Average &other : model.averages)
    if (other.block == block->index) {
      report.error(Id::DuplicateName, a.span, {a.block.text, "an average"})
          .notes.push_back({other.span, "it is declared here"});
      return;
    }
  Number decay = share(*a.decay, "the share that stays");
  int constant = addConstant(model, a.block.text + ".average", std::move(decay), a.decay->span);
  model.averages.push_back({block->index, constant, a.span});
}

/// refine v from noise over 100 steps { .. }: in its steps v is what they have made so far, and `time` a number.
void Training::refinement(const ast::Refinement &r) {
  const Entity *latent = names.find(r.latent, "latent", {Entity::Latent});
  std::optional<int64_t> count = r.steps ? numbers.whole(*r.steps, "steps of a refinement", 1, 10000) : std::nullopt;
  if (!latent)
    return;
  auto index = int(model.refinements.size());
  size_t outside = model.lets.size();
  model.refinements.push_back({r.name.text, latent->index, count.value_or(1), nullptr, r.span});
  names.open();
  numbers.timed = true;
  names.declare(r.name, {Entity::Refined, index, {}});
  for (const ast::Binding &b : r.lets)
    lets.let(b, -1);
  for (size_t i = outside; i < model.lets.size(); ++i)
    model.lets[i].refinement = index;
  ExprPtr next = r.next ? expressions.value(*r.next) : nullptr;
  numbers.timed = false;
  names.close();
  if (!r.next)
    report.missing(Id::MissingArgument, r.span, {"refine", "`next ..`: what a step makes of " + r.name.text});
  if (next)
    checkNext(*next, model.refinements[size_t(index)]);
  model.refinements[size_t(index)].next = std::move(next);
}

/// What a step makes has the shape that it starts from, and is made of draws and classes alone.
void Training::checkNext(const Expr &next, const Refinement &refinement) {
  const Shape &shape = model.latents[size_t(refinement.latent)].shape;
  if (next.type.kind != TypeKind::Sample || next.type.shape != shape)
    report.error(Id::ShapeMismatch, next.span,
                 {"what follows " + refinement.name + " is " + typeText(next.type),
                  refinement.name + " starts as " + shapeText(shape)});
  visitAll(model, next, [&](const Expr &e) {
    if (e.kind == ExprKind::Data && model.data[size_t(e.index)].kind == DataKind::Image)
      report.error(Id::NotInScope, e.span,
                   {model.data[size_t(e.index)].name, "samples are made from draws, and data is not known then"});
  });
}

/// A number from 0 to 1; one that changes during training is not checked here.
Number Training::share(const ast::Expr &e, const std::string &what) {
  Number out = numbers.number(e);
  if (std::optional<double> v = out.literal(); v && (*v < 0 || *v > 1))
    report.error(Id::OutOfRange, e.span, {what, "from 0 to 1", std::to_string(*v)});
  return out;
}

} // namespace gan::dsl
