#include "dsl/Reach.h"

#include <algorithm>

namespace gan::dsl {

Reach::Reach(const Model &model) : model(model) {
  for (const Let &l : model.lets)
    if (l.refinement < 0)
      list(l.value);
  for (const Metric &m : model.metrics)
    list(m.value);
  for (const Step &s : model.steps)
    for (const Objective &o : s.objectives)
      for (const Term &t : o.terms)
        list(t.value);
  for (const Let &l : model.lets) // in order, so that the recursion stays shallow
    if (l.refinement < 0)
      of(*l.value);
  findPriors();
}

void Reach::list(const ExprPtr &e) {
  if (!seen.insert(e.get()).second)
    return;
  all.push_back(e);
  for (const ExprPtr &a : e->args)
    list(a);
}

static void merge(Sources &s, const Sources &other) {
  s.data |= other.data, s.labels |= other.labels, s.latents |= other.latents, s.encoders |= other.encoders;
  s.decoders = std::max(s.decoders, other.decoders);
}

const Sources &Reach::of(const Expr &e) {
  if (auto known = sources.find(&e); known != sources.end())
    return known->second;
  Sources s = beneath(e);
  if (e.kind == ExprKind::Let)
    merge(s, of(*model.lets[size_t(e.index)].value));
  bool label = e.kind == ExprKind::Data && model.data[size_t(e.index)].kind == DataKind::Categorical;
  s.data |= e.kind == ExprKind::Data && !label;
  s.labels |= label;
  s.latents |= e.kind == ExprKind::Latent || e.kind == ExprKind::Fresh ||
               (e.kind == ExprKind::Call && e.function == Function::Sample &&
                origin(*e.args[0]).first->kind == ExprKind::Standard);
  if (e.kind == ExprKind::Apply) {
    BlockKind kind = model.blocks[size_t(e.index)].kind;
    s.encoders |= kind == BlockKind::Encoder;
    s.decoders += kind == BlockKind::Decoder;
  }
  return sources[&e] = s;
}

Sources Reach::beneath(const Expr &application) {
  Sources s;
  for (const ExprPtr &a : application.args)
    merge(s, of(*a));
  return s;
}

std::pair<const Expr *, int> Reach::origin(const Expr &e) const {
  const Expr *o = &e;
  int output = e.output;
  while (o->kind == ExprKind::Let) {
    o = model.lets[size_t(o->index)].value.get();
    if (o->type.kind != TypeKind::Block)
      output = o->output;
  }
  return {o, output};
}

std::pair<const Expr *, int> Reach::drawnFrom(const Expr &e) const {
  const Expr *drawn = origin(e).first;
  if (drawn->kind != ExprKind::Call || drawn->function != Function::Sample)
    return {nullptr, 0};
  auto [q, output] = origin(*drawn->args[0]);
  bool encoder = q->kind == ExprKind::Apply && model.blocks[size_t(q->index)].kind == BlockKind::Encoder;
  return {encoder ? q : nullptr, output};
}

bool Reach::same(const Expr &first, const Expr &second, int depth) {
  auto [a, outputA] = origin(first);
  auto [b, outputB] = origin(second);
  if (a == b)
    return outputA == outputB;
  bool draws = a->kind == ExprKind::Call && // each is a draw of its own
               (a->function == Function::Sample || a->function == Function::Shuffle);
  if (draws || a->kind != b->kind || a->index != b->index || a->draw != b->draw || a->label != b->label ||
      depth > deepest || outputA != outputB || a->function != b->function || a->args.size() != b->args.size() ||
      a->kind == ExprKind::Number)
    return false;
  auto [it, fresh] = compared.try_emplace({a, b}, false);
  if (!fresh)
    return it->second;
  bool equal = std::equal(a->args.begin(), a->args.end(), b->args.begin(),
                          [&](const ExprPtr &x, const ExprPtr &y) { return same(*x, *y, depth + 1); });
  return compared[{a, b}] = equal;
}

void Reach::findPriors() {
  for (const ExprPtr &e : all) {
    if (e->kind != ExprKind::Call)
      continue;
    if (e->function == Function::Kl || e->function == Function::KlEach) {
      auto [q, output] = origin(*e->args[0]);
      if (q->kind == ExprKind::Apply && model.blocks[size_t(q->index)].kind == BlockKind::Encoder)
        priors.try_emplace({q->index, output}, e->args[1]);
    }
    if (e->function != Function::LogProb)
      continue;
    const Expr *p = origin(*e->args[0]).first;
    bool decoder = p->kind == ExprKind::Apply && model.blocks[size_t(p->index)].kind == BlockKind::Decoder;
    if (auto [q, output] = drawnFrom(*e->args[1]); q && (decoder || p->kind == ExprKind::Standard))
      priors.try_emplace({q->index, output}, e->args[0]);
  }
}

ExprPtr Reach::prior(int encoder, int output) const {
  auto found = priors.find({encoder, output});
  return found == priors.end() ? nullptr : found->second;
}

bool Reach::isOutput(const Expr &e, const Expr &application, int output) {
  auto [o, which] = origin(e);
  if (o->kind == ExprKind::Call && o->function == Function::Expectation)
    return isOutput(*o->args[0], application, output);
  return o->kind == ExprKind::Apply && o->index == application.index && o->label < 0 && which == output &&
         std::equal(o->args.begin(), o->args.end(), application.args.begin(),
                    [&](const ExprPtr &x, const ExprPtr &y) { return same(*x, *y); });
}

ExprPtr Reach::target(const Expr &application, int output) {
  for (const ExprPtr &e : all) {
    bool density = e->kind == ExprKind::Call && e->function == Function::LogProb;
    if (!density && e->kind != ExprKind::Sub)
      continue;
    for (int side : {0, 1}) {
      const ExprPtr &other = e->args[size_t(1 - side)];
      bool wanted = other->type.kind == TypeKind::Sample && of(*other).data && !of(*other).decoders;
      if ((side == 0 || !density) && wanted && isOutput(*e->args[size_t(side)], application, output))
        return other;
    }
  }
  return nullptr;
}

} // namespace gan::dsl
