// Checks training: lets, metrics, steps, objectives, optimizers, and which objective updates which blocks.
#include "dsl/check/State.h"

#include <algorithm>
#include <functional>

namespace gan::dsl {

void walkGradient(const Model &model, const Expr &root, const std::function<void(const Expr &, int)> &visit) {
  std::set<const Expr *> seen;
  std::vector<std::pair<const Expr *, int>> stack{{&root, -1}};
  while (!stack.empty()) {
    auto [e, let] = stack.back();
    stack.pop_back();
    if (!seen.insert(e).second || (e->kind == ExprKind::Call && e->function == Function::Stop))
      continue;
    if (e->kind == ExprKind::Let) {
      const Let &l = model.lets[e->index];
      if (l.value)
        stack.push_back({l.value.get(), l.step < 0 && let < 0 ? e->index : let});
      continue;
    }
    if (e->kind == ExprKind::Apply)
      visit(*e, let);
    for (const ExprPtr &a : e->args)
      stack.push_back({a.get(), let});
  }
}

void Check::train(const ast::Train &t) {
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
  for (const ast::Binding &b : t.constants)
    declarations.constant(b);
  for (const ast::Choice &c : t.choices)
    choice(c);
  for (const ast::Average &a : t.averages)
    average(a);
  for (const ast::Binding &b : t.lets)
    let(b, -1);
  for (const ast::Step &s : t.steps)
    step(s);
  for (const ast::Binding &b : t.metrics)
    metric(b, -1);
  if (t.steps.empty())
    report.missing(Id::MissingPart, t.span, {"`step`"});
  if (report.clean())
    updates();
}

void Check::let(const ast::Binding &b, int step) {
  auto giveUp = [&] {
    for (const ast::Name &name : b.names)
      names.setBroken(name.text);
  };
  if (!b.value)
    return giveUp();
  // let (a, b) = fresh(z, c): each name gets one draw
  if (b.names.size() > 1) {
    const ast::Expr &e = *b.value;
    bool draws = e.kind == ast::ExprKind::Call && e.operands[0]->name.text == "fresh";
    if (!draws || e.arguments.size() != b.names.size()) {
      report.error(
          Id::ExtraArgument, e.span,
          {"let", std::to_string(b.names.size()) + " values", draws ? std::to_string(e.arguments.size()) : "one"});
      return giveUp();
    }
    for (size_t i = 0; i < b.names.size(); ++i) {
      ExprPtr draw = e.arguments[i].value ? expressions.freshDraw(*e.arguments[i].value) : nullptr;
      if (!draw)
        continue;
      model.lets.push_back({b.names[i].text, draw, step, b.span});
      names.declare(b.names[i], {Entity::Let, int(model.lets.size()) - 1, {}});
    }
    return;
  }
  ExprPtr v = expressions.expression(*b.value);
  if (!v)
    return giveUp();
  model.lets.push_back({b.names[0].text, v, step, b.span});
  names.declare(b.names[0], {Entity::Let, int(model.lets.size()) - 1, {}});
}

void Check::metric(const ast::Binding &b, int step) {
  ExprPtr v = b.value ? expressions.value(*b.value) : nullptr;
  if (!v || b.names.size() != 1)
    return;
  if (!v->type.shape.empty() || v->type.kind == TypeKind::Number) {
    report.error(Id::ObjectiveNotScalar, b.value->span, {"a metric", typeText(v->type)});
    return;
  }
  for (std::string_view field : {
#define GAN_RUN_FIELD(name) #name,
#include "dsl/RunFields.def"
       })
    if (b.names[0].text == field) {
      report.error(Id::ReservedName, b.names[0].span, {b.names[0].text}).fix =
          Fix{b.names[0].span, b.names[0].text + "_"};
      return;
    }
  for (const Metric &m : model.metrics)
    if (m.name == b.names[0].text) {
      report.error(Id::DuplicateName, b.names[0].span, {m.name, "a metric"})
          .notes.push_back({m.span, "it is declared here"});
      return;
    }
  model.metrics.push_back({b.names[0].text, v, step, b.span});
}

void Check::choice(const ast::Choice &c) {
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
  Stream first{e.operands[0]->name.text, 0, 0, c.span}, second{c.second.text, 0, 0, c.second.span};
  for (const ast::Argument &a : e.arguments) {
    if (a.name.text == "seed")
      first.seed = numbers.whole(*a.value, "seed", 0, 9e15).value_or(0);
    else if (a.name.text.empty() && !first.count)
      first.count = numbers.whole(*a.value, "images of the stream", 1, 1e9).value_or(1);
    else
      report.error(Id::ExtraArgument, a.span, {"choose", "a number of images and a `seed`", "one more"});
  }
  model.firstChance = numbers.number(*c.chance);
  if (std::optional<double> p = model.firstChance.literal(); p && (*p < 0 || *p > 1))
    report.error(Id::OutOfRange, c.chance->span, {"the chance of a stream", "from 0 to 1", std::to_string(*p)});
  model.streams = {first, second};
}

void Check::average(const ast::Average &a) {
  const Entity *block = names.find(a.block, "block", {Entity::Block});
  if (!block || !a.decay)
    return;
  for (const Average &other : model.averages)
    if (other.block == block->index) {
      report.error(Id::DuplicateName, a.span, {a.block.text, "an average"})
          .notes.push_back({other.span, "it is declared here"});
      return;
    }
  Number decay = numbers.number(*a.decay);
  if (std::optional<double> v = decay.literal(); v && (*v < 0 || *v > 1))
    report.error(Id::OutOfRange, a.decay->span, {"the share that stays", "from 0 to 1", std::to_string(*v)});
  model.averages.push_back({block->index, addConstant(model, a.block.text + ".average", decay, a.decay->span), a.span});
}

void Check::step(const ast::Step &s) {
  Step out;
  out.span = s.span;
  currentStep = model.steps.size();
  names.open();
  if (s.qualifiers.every)
    out.every = numbers.whole(*s.qualifiers.every, "every", 1, 1e9).value_or(1);
  if (s.qualifiers.times)
    out.times = numbers.whole(*s.qualifiers.times, "times", 1, 1e6).value_or(1);
  for (const ast::Binding &b : s.lets)
    let(b, currentStep);
  for (const ast::Objective &o : s.objectives)
    objective(o, s, out);
  for (const ast::Binding &b : s.metrics)
    metric(b, currentStep);
  if (s.objectives.empty())
    report.missing(Id::MissingPart, s.span, {"objective: `minimize` or `maximize`"});
  for (const Objective &o : out.objectives)
    for (int b : o.blocks)
      out.name += (out.name.empty() ? "" : ",") + model.blocks[b].name;
  std::string base = out.name;
  for (int i = 2; !stepNames.insert(out.name).second; ++i)
    out.name = base + "#" + std::to_string(i);
  names.close();
  model.steps.push_back(std::move(out));
  currentStep = -1;
}

void Check::objective(const ast::Objective &o, const ast::Step &s, Step &out) {
  Objective result;
  result.span = o.span;
  blocksOf(o, s, out, result);
  if (o.blocks.empty() && s.blocks.empty())
    report.error(Id::MissingPart, o.span, {"block to update: `step G ..` or `G minimize ..`"});
  if (joinsObjective(o, result, out)) {
    for (Objective &other : out.objectives)
      if (other.blocks == result.blocks)
        other.terms.push_back(term(
            o, s, !o.label.text.empty() ? o.label.text : other.name + "#" + std::to_string(other.terms.size() + 1)));
    return;
  }
  if (!o.label.text.empty())
    result.name = o.label.text;
  // Two steps may update the same block, so their states and hyper-parameters need different names.
  std::string base = result.name;
  for (int i = 2; !optimizerNames.insert(result.name).second; ++i)
    result.name = base + "#" + std::to_string(i);
  const ast::ExprPtr &with = o.qualifiers.optimizer ? o.qualifiers.optimizer : s.qualifiers.optimizer;
  if (with)
    result.optimizer = optimizer(*with, result.name);
  else
    report.missing(Id::MissingPart, o.span, {"optimizer: `with adam(lr 1e-3)`"});
  auto limit = [&](const ast::ExprPtr &own, const ast::ExprPtr &shared, const char *name) {
    const ast::ExprPtr &e = own ? own : shared;
    return e ? std::optional(addConstant(model, result.name + name, numbers.number(*e), e->span)) : std::nullopt;
  };
  result.clipGrad = limit(o.qualifiers.clipGrad, s.qualifiers.clipGrad, ".clip_grad");
  result.clipTogether = !o.qualifiers.clipGrad && s.qualifiers.clipGrad;
  result.clipWeight = limit(o.qualifiers.clipWeight, s.qualifiers.clipWeight, ".clip_weight");
  if (const ast::ExprPtr &when = o.qualifiers.when ? o.qualifiers.when : s.qualifiers.when)
    result.when = condition(*when);
  result.terms.push_back(term(o, s, result.name));
  out.objectives.push_back(std::move(result));
}

/// Finds the blocks that an objective updates. In a step each block belongs to one objective only, except for terms of
/// different streams.
void Check::blocksOf(const ast::Objective &o, const ast::Step &s, Step &out, Objective &result) {
  for (const ast::Name &n : o.blocks.empty() ? s.blocks : o.blocks) {
    const Entity *entity = names.find(n, "block", {Entity::Block});
    if (!entity)
      continue;
    result.blocks.push_back(entity->index);
    result.name += (result.name.empty() ? "" : ",") + n.text;
  }
  if (joinsObjective(o, result, out))
    return;
  for (const Objective &other : out.objectives)
    for (int b : result.blocks)
      if (std::find(other.blocks.begin(), other.blocks.end(), b) != other.blocks.end())
        report.error(Id::UpdatedTwice, o.span, {model.blocks[b].name})
            .notes.push_back({other.span, "by this objective too"});
}

/// Whether the objective belongs to a stream and becomes a further term of one that updates the same blocks.
bool Check::joinsObjective(const ast::Objective &o, const Objective &result, Step &out) {
  for (const Objective &other : out.objectives)
    if (other.blocks == result.blocks && !o.qualifiers.optimizer)
      return !o.qualifiers.from.text.empty() || other.terms.back().stream >= 0;
  return false;
}

Term Check::term(const ast::Objective &o, const ast::Step &s, const std::string &name) {
  Term out;
  out.name = name;
  out.maximize = o.maximize;
  out.span = o.span;
  out.stream = streamOf(o.qualifiers.from.text.empty() ? s.qualifiers : o.qualifiers);
  out.value = o.value ? expressions.value(*o.value) : nullptr;
  if (out.value && (!out.value->type.shape.empty() || out.value->type.kind == TypeKind::Number))
    report.error(Id::ObjectiveNotScalar, o.value->span, {"an objective", typeText(out.value->type)})
        .notes.push_back({o.value->span, "`sum(..)` adds up everything of a sample, `mean(..)` averages it"});
  return out;
}

int Check::streamOf(const ast::Qualifiers &q) {
  if (q.from.text.empty())
    return -1;
  std::vector<std::string> names;
  for (size_t i = 0; i < model.streams.size(); ++i) {
    if (model.streams[i].name == q.from.text)
      return int(i);
    names.push_back(model.streams[i].name);
  }
  Diagnostic &d = report.error(Id::UnknownName, q.from.span, {"stream", q.from.text});
  report.suggest(d, q.from.text, names, q.from.span);
  if (names.empty())
    d.notes.push_back({q.from.span, "streams are declared by `choose labelled(600) with 0.5 else unlabelled`"});
  return -1;
}

/// Checks the condition of `when`: a comparison of numbers of the batch, which are known after the step's forward pass.
ExprPtr Check::condition(const ast::Expr &e) {
  ExprPtr v = expressions.value(e);
  if (!v)
    return v;
  bool truth = v->type.range.lo >= 0 && v->type.range.hi <= 1;
  if (v->type.shape.empty() && v->type.kind != TypeKind::Sample && truth)
    return v;
  Diagnostic &d = report.error(Id::WrongType, e.span, {"a comparison of numbers of the batch", typeText(v->type)});
  if (v->type.kind == TypeKind::Sample)
    d.notes.push_back({e.span, "`batch_mean(..)` averages over the batch"});
  return nullptr;
}

Optimizer Check::optimizer(const ast::Expr &e, const std::string &name) {
  Optimizer out;
  out.span = e.span;
  const ast::Expr &head = e.kind == ast::ExprKind::Call ? *e.operands[0] : e;
  const std::vector<OptimizerRow> &rows = optimizerRows();
  auto row =
      std::find_if(rows.begin(), rows.end(), [&](const OptimizerRow &r) { return r.spelling == head.name.text; });
  if (row == rows.end()) {
    std::vector<std::string> names;
    for (const OptimizerRow &r : rows)
      names.emplace_back(r.spelling);
    report.suggest(report.error(Id::UnknownName, head.span, {"optimizer", head.name.text}), head.name.text, names,
                   head.span, "optimizer");
    return out;
  }
  out.kind = row->kind;
  std::vector<const ast::Argument *> given(row->hypers.size());
  size_t positional = 0;
  for (const ast::Argument &a : e.arguments) {
    if (!a.value)
      continue; // the parser has reported what is wrong with it
    size_t i = positional;
    std::vector<std::string> names;
    if (a.name.text.empty())
      ++positional;
    else
      for (i = 0; i < row->hypers.size() && row->hypers[i].name != a.name.text; ++i)
        names.emplace_back(row->hypers[i].name);
    if (i < row->hypers.size())
      given[i] = &a;
    else if (a.name.text.empty())
      report.error(Id::ExtraArgument, a.span,
                   {std::string(row->spelling), std::to_string(row->hypers.size()) + " numbers", "one more"});
    else
      report.suggest(
          report.error(Id::UnknownName, a.name.span, {"hyper-parameter of " + std::string(row->spelling), a.name.text}),
          a.name.text, names, a.name.span, "argument");
  }
  for (size_t i = 0; i < row->hypers.size(); ++i) {
    Number value{{{NumberOp::Literal, 0, -1}}};
    if (given[i] && given[i]->value)
      value = numbers.number(*given[i]->value);
    else if (row->hypers[i].fallback == "!")
      report.error(Id::MissingArgument, e.span,
                   {std::string(row->spelling), "`" + std::string(row->hypers[i].name) + "`"});
    else
      value.terms[0].value = std::stod(std::string(row->hypers[i].fallback));
    if (std::optional<double> v = value.literal(); given[i] && v && *v < 0)
      report.error(Id::OutOfRange, given[i]->span,
                   {std::string(row->hypers[i].name), "at least 0", std::to_string(*v)});
    out.constants.push_back(
        addConstant(model, name + "." + std::string(row->hypers[i].name), std::move(value), e.span));
  }
  return out;
}

/// Reports labels in terms outside the first stream, because only that has labels.
void Check::labelStream(const Term &term) {
  if (model.streams.empty() || term.stream == 0)
    return;
  visitAll(model, *term.value, [&](const Expr &e) {
    if (e.kind == ExprKind::Data && model.data[e.index].kind == DataKind::Categorical)
      report.error(Id::LabelOutsideStream, term.span, {model.data[e.index].name, model.streams[0].name})
          .notes.push_back({model.streams[0].span, "declared here"});
  });
}

/// Reports lets from outside a step that runs several times in an iteration: each run has its own batch and draws, so
/// values from other ones must not mix in.
void Check::repeatedLets(const Expr &root, const Step &step) {
  visitAll(model, root, [&](const Expr &e) {
    if (e.kind != ExprKind::Let || model.lets[e.index].step >= 0)
      return;
    bool varies = false;
    visitAll(model, *model.lets[e.index].value, [&](const Expr &inner) {
      varies |= inner.kind == ExprKind::Data || inner.kind == ExprKind::Latent || inner.kind == ExprKind::Fresh ||
                (inner.kind == ExprKind::Call && inner.function == Function::Sample);
    });
    if (varies)
      report.error(Id::RepeatedLet, e.span, {model.lets[e.index].name, std::to_string(step.times)})
          .notes.push_back({model.lets[e.index].span, "computed here, before the steps"});
  });
}

static bool hasParameters(const Block &block) {
  return std::any_of(block.layers.begin(), block.layers.end(), [](const Layer &layer) {
    return std::any_of(layer.params.begin(), layer.params.end(), [](const Param &p) { return !p.buffer; });
  });
}

/// Reports nested `log_mean_exp`, which would share draws, and per-sample gradients of blocks that mix samples.
void Check::drawsAndPenalties(const Expr &root) {
  visitAll(model, root, [&](const Expr &outer) {
    if (outer.kind != ExprKind::Call)
      return;
    if (outer.function == Function::LogMeanExp)
      visitAll(model, *outer.args[1], [&](const Expr &inner) {
        if (inner.kind == ExprKind::Call && inner.function == Function::LogMeanExp)
          report.error(Id::NestedDraws, inner.span).notes.push_back({outer.span, "this is the other one"});
      });
    if (outer.function != Function::Grad)
      return;
    std::set<const Expr *> given; // what the gradient is taken with respect to: how that was computed does not matter
    visitAll(model, *outer.args[1], [&](const Expr &inner) { given.insert(&inner); });
    visitAll(model, *outer.args[0], [&](const Expr &inner) {
      if (inner.kind != ExprKind::Apply || given.count(&inner))
        return;
      const Block &block = model.blocks[inner.index];
      auto norm = std::find_if(block.layers.begin(), block.layers.end(),
                               [](const Layer &layer) { return layer.kind == LayerKind::BatchNorm; });
      if (norm != block.layers.end())
        report.error(Id::NormUnderPenalty, outer.span, {block.name}).notes.push_back({norm->span, "it stands here"});
    });
  });
}

/// Checks that every objective's gradient reaches the blocks that it updates, that every block with parameters is
/// updated, and that no gradient passes a let whose value is out of date.
void Check::updates() {
  std::set<int> updated;
  for (size_t s = 0; s < model.steps.size(); ++s) {
    for (const Objective &o : model.steps[s].objectives) {
      std::set<int> reached;
      for (const Term &term : o.terms) {
        walkGradient(model, *term.value, [&](const Expr &apply, int) {
          const Block &block = model.blocks[apply.index];
          // An objective that names a head does not update its trunk, but its gradient passes the trunk.
          if (apply.label < 0 || !block.layers.empty())
            reached.insert(apply.index);
          if (block.trunk)
            reached.insert(block.trunk->block);
        });
        labelStream(term);
        drawsAndPenalties(*term.value);
        if (model.steps[s].times > 1)
          repeatedLets(*term.value, model.steps[s]);
      }
      for (int b : o.blocks) {
        updated.insert(b);
        if (!reached.count(b))
          report.error(Id::NotReached, o.span, {model.blocks[b].name})
              .notes.push_back({model.blocks[b].span, "declared here"});
      }
    }
    staleLets(s);
  }
  for (size_t b = 0; b < model.blocks.size(); ++b)
    if (!updated.count(b) && hasParameters(model.blocks[b]))
      report.error(Id::NeverUpdated, model.blocks[b].span, {model.blocks[b].name});
  for (const Metric &m : model.metrics)
    drawsAndPenalties(*m.value);
  for (const Average &a : model.averages)
    if (!updated.count(a.block))
      report.error(Id::AverageOfFixed, a.span, {model.blocks[a.block].name});
}

/// Whether the gradient of `e` reaches a block of `blocks`.
static bool reaches(const Model &model, const Expr &e, const std::vector<int> &blocks) {
  bool found = false;
  walkGradient(model, e, [&](const Expr &apply, int) {
    int trunk = model.blocks[apply.index].trunk ? model.blocks[apply.index].trunk->block : -1;
    for (int b : blocks)
      found |= b == apply.index || b == trunk;
  });
  return found;
}

void Check::staleLets(size_t step) {
  for (const Objective &o : model.steps[step].objectives)
    for (const Term &term : o.terms)
      walkGradient(model, *term.value, [&](const Expr &apply, int let) {
        if (let < 0 || !reaches(model, apply, o.blocks))
          return;
        for (size_t earlier = 0; earlier < step; ++earlier)
          for (const Objective &other : model.steps[earlier].objectives)
            if (std::find(other.blocks.begin(), other.blocks.end(), apply.index) != other.blocks.end()) {
              Diagnostic &d =
                  report.error(Id::StaleLet, term.span, {model.lets[let].name, model.blocks[apply.index].name});
              d.notes.push_back({model.lets[let].span, "computed here, before the steps"});
              d.notes.push_back({other.span, "changed here"});
              return;
            }
      });
}

} // namespace gan::dsl
