#include "dsl/Uses.h"
#include "dsl/Checker.h"
#include "dsl/Reach.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace gan::dsl {

bool isPicture(const Shape &shape) { return shape.size() == 3 && shape[0] <= 4; }

namespace {

bool finite(const Range &r) { return std::isfinite(r.lo) && std::isfinite(r.hi); }

std::shared_ptr<Expr> leaf(ExprKind kind, int index, const Shape &shape, Span span) {
  auto out = std::make_shared<Expr>();
  out->kind = kind;
  out->index = index;
  out->span = span;
  out->type = {TypeKind::Sample, shape, OutputKind::Value, {}};
  return out;
}

/// Finds the values that are shown.
class Finder {
public:
  explicit Finder(const Model &model) : model(model), reach(model) {}

  Uses find() {
    Uses uses;
    for (size_t b = 0; b < model.blocks.size(); ++b) {
      if (model.blocks[b].kind == BlockKind::Decoder) {
        show(sampler(int(b)), false, uses.samples);
        show(reconstruction(int(b)), true, uses.reconstructions);
      } else if (model.blocks[b].kind == BlockKind::Encoder && hasParameters(model.blocks[b])) {
        show(code(int(b)), false, uses.codes);
      }
      show(onGiven(int(b)), false, uses.applied.emplace_back());
    }
    for (ShownValue &c : uses.codes)
      c.picture = false;
    removePriors(uses.reconstructions);
    for (std::vector<ShownValue> *values : {&uses.samples, &uses.reconstructions}) {
      removeIntermediate(*values);
      std::stable_sort(values->begin(), values->end(),
                       [&](const ShownValue &a, const ShownValue &b) { return rank(a) < rank(b); });
    }
    for (const ShownValue &v : uses.reconstructions)
      if (throughCodes(v, uses.codes))
        uses.decoded.push_back(v);
    for (size_t r = model.refinements.size(); r-- > 0;)
      uses.samples.insert(uses.samples.begin(), refined(int(r)));
    return uses;
  }

private:
  static bool hasParameters(const Block &block) {
    return std::any_of(block.layers.begin(), block.layers.end(), [](const Layer &l) { return !l.params.empty(); });
  }

  // ---- which application of a block is shown ----

  /// The applications of a block in the order in which they are written.
  std::vector<ExprPtr> applications(int block) const {
    std::vector<ExprPtr> out;
    for (const ExprPtr &e : reach.expressions())
      if (e->kind == ExprKind::Apply && e->index == block && e->label < 0)
        out.push_back(e);
    return out;
  }

  /// Among the `wanted` applications, the one with the fewest decoders beneath it, because it shows the block by
  /// itself; among these one without draws, because its result is the same each time.
  template <class Wanted> ExprPtr plainest(int block, Wanted wanted) {
    ExprPtr found;
    auto key = [&](const ExprPtr &e) {
      Sources s = reach.beneath(*e);
      return std::pair(s.decoders, s.latents);
    };
    for (const ExprPtr &e : applications(block))
      if (wanted(reach.beneath(*e)) && (!found || key(e) < key(found)))
        found = e;
    return found;
  }

  /// The application of a decoder that makes samples: on its own latents and labels if its header names them; otherwise
  /// one that latents but not data reach; otherwise one from training, with codes drawn from their priors.
  ExprPtr sampler(int block) {
    if (ExprPtr e = onItsLatents(block))
      return e;
    if (ExprPtr e = plainest(block, [](const Sources &s) { return !s.data && (s.latents || s.labels); }))
      return e;
    for (const ExprPtr &e : applications(block))
      if (ExprPtr made = generated(e))
        return made;
    return nullptr;
  }

  /// Whether data can be drawn beside latents: labels, of which all are equally likely, and vectors (attributes),
  /// evenly in their range.
  static bool isDrawn(const Data &d) {
    bool numbers = d.kind == DataKind::Vector && (finite(d.range) || !d.columns.empty());
    return d.kind == DataKind::Categorical || numbers;
  }

  /// Whether an argument of an application is a vector of attributes, which a decoder takes beside what it decodes.
  bool isAttributes(const Expr &application, const Expr &argument) const {
    auto data = [&](const Expr &e) { return reach.origin(e).first->kind == ExprKind::Data; };
    return application.kind == ExprKind::Apply && model.blocks[size_t(application.index)].kind == BlockKind::Decoder &&
           data(argument) && isDrawn(model.data[size_t(reach.origin(argument).first->index)]) &&
           !std::all_of(application.args.begin(), application.args.end(), [&](const ExprPtr &a) { return data(*a); });
  }

  ExprPtr onItsLatents(int block) const {
    auto out = std::make_shared<Expr>();
    out->kind = ExprKind::Apply;
    out->index = block;
    out->span = model.blocks[size_t(block)].span;
    bool latents = false;
    for (const Input &input : model.blocks[size_t(block)].inputs) {
      bool label = input.data >= 0 && isDrawn(model.data[size_t(input.data)]);
      if (input.latent < 0 && !label)
        return nullptr;
      latents |= !label;
      out->args.push_back(label ? leaf(ExprKind::Data, input.data, input.shape, input.span)
                                : leaf(ExprKind::Latent, input.latent, input.shape, input.span));
    }
    return latents ? out : nullptr;
  }

  /// The expression with draws of codes replaced by draws from the codes' priors (ancestral sampling). Null if data
  /// still reaches it, or if it is nested too deeply.
  ExprPtr generated(const ExprPtr &e, int depth = 0) {
    if (!reach.of(*e).data)
      return e;
    if (depth > Reach::deepest)
      return nullptr;
    auto [o, output] = reach.origin(*e);
    auto [known, fresh] = made.try_emplace({o, output}, nullptr); // null while being made, which ends circles
    if (!fresh)
      return known->second;
    auto copy = std::make_shared<Expr>(*o);
    copy->output = output;
    copy->type = e->type;
    if (auto [encoder, which] = reach.drawnFrom(*o); encoder) {
      ExprPtr prior = reach.prior(encoder->index, which);
      if (!prior || !(prior = distribution(prior, *o, depth)))
        return nullptr;
      copy->args = {prior};
    } else if (o->args.empty()) {
      return nullptr;
    } else {
      for (ExprPtr &a : copy->args)
        if (!isAttributes(*o, *a) && !(a = generated(a, depth + 1)))
          return nullptr;
    }
    return made[{o, output}] = copy;
  }

  /// The distribution to draw from instead of `drawn`, given the prior of its code.
  ExprPtr distribution(const ExprPtr &prior, const Expr &drawn, int depth) {
    auto [o, output] = reach.origin(*prior);
    if (o->kind == ExprKind::Standard) {
      auto normal = std::make_shared<Expr>(*o);
      normal->type = {TypeKind::Distribution, drawn.type.shape, o->type.dist, {}};
      return normal;
    }
    ExprPtr own = o->kind == ExprKind::Apply ? onItsLatents(o->index) : nullptr;
    if (!own)
      return generated(prior, depth + 1);
    auto copy = std::make_shared<Expr>(*own);
    copy->output = output;
    copy->type = o->type;
    return copy;
  }

  ExprPtr reconstruction(int block) {
    return plainest(block, [](const Sources &s) { return s.data; });
  }

  /// The application of an encoder that makes codes: on the data itself if training applies it to that, with or without
  /// noise; otherwise one that data reaches.
  ExprPtr code(int block) {
    ExprPtr used = plainest(block, [](const Sources &s) { return s.data; });
    if (used && (reach.beneath(*used).encoders || !reach.beneath(*used).latents))
      return used;
    // Training does not apply it to the data itself, but to other values. If these come from decoders, it can encode
    // data as well; if they come from latents alone, it cannot.
    std::vector<ExprPtr> others = applications(block);
    bool fits = used || others.empty() || reach.beneath(*others[0]).decoders;
    ExprPtr plain = fits ? onData(block) : nullptr;
    return plain ? plain : used;
  }

  ExprPtr onData(int block) const {
    auto out = std::make_shared<Expr>();
    out->kind = ExprKind::Apply;
    out->index = block;
    out->span = model.blocks[size_t(block)].span;
    for (const Input &input : model.blocks[size_t(block)].inputs) {
      auto data = std::find_if(model.data.begin(), model.data.end(), [&](const Data &d) {
        return input.latent < 0 && (input.data < 0 || &d == &model.data[size_t(input.data)]) && d.shape == input.shape;
      });
      if (data == model.data.end())
        return nullptr;
      out->args.push_back(leaf(ExprKind::Data, int(data - model.data.begin()), input.shape, input.span));
    }
    return out;
  }

  /// A block on the data and latents that its header names; the host gives its other inputs.
  ExprPtr onGiven(int block) const {
    auto out = std::make_shared<Expr>();
    out->kind = ExprKind::Apply;
    out->index = block;
    out->span = model.blocks[size_t(block)].span;
    const std::vector<Input> &inputs = model.blocks[size_t(block)].inputs;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Input &input = inputs[i];
      auto kind = input.data >= 0 ? ExprKind::Data : input.latent >= 0 ? ExprKind::Latent : ExprKind::Given;
      int index = input.data >= 0 ? input.data : input.latent >= 0 ? input.latent : block;
      std::shared_ptr<Expr> value = leaf(kind, index, input.shape, input.span);
      value->draw = kind == ExprKind::Given ? int(i) : 0;
      out->args.push_back(value);
    }
    return out;
  }

  /// What a refinement makes, which is shown before what decoders make.
  ShownValue refined(int index) const {
    const Refinement &r = model.refinements[size_t(index)];
    const Latent &latent = model.latents[size_t(r.latent)];
    std::shared_ptr<Expr> value = leaf(ExprKind::Refine, index, latent.shape, r.span);
    value->args.push_back(leaf(ExprKind::Latent, r.latent, latent.shape, r.span));
    const Data *same = dataOf(latent.shape);
    return {r.name, value, same ? same->range : Range{0, 1}, isPicture(latent.shape), {}, {}};
  }

  // ---- what is shown of an application ----

  void show(const ExprPtr &application, bool beside, std::vector<ShownValue> &to) {
    if (!application)
      return;
    const Block &block = model.blocks[size_t(application->index)];
    for (size_t i = 0; i < block.outputs.size(); ++i) {
      const Output &o = block.outputs[i];
      auto value = std::make_shared<Expr>(*application);
      value->output = int(i);
      value->type = {o.kind == OutputKind::Value ? TypeKind::Sample : TypeKind::Distribution, o.shape, o.kind, o.range};
      ShownValue shown{
          block.name + (o.name.empty() ? "" : "." + o.name), value, rangeOf(o), isPicture(o.shape), {}, {}};
      if (beside && shown.picture)
        addPictures(shown);
      to.push_back(std::move(shown));
    }
  }

  /// Adds the pictures that a reconstruction is shown with. If it is made from pictures, as by a translator, these
  /// stand above it and what it should be stands below; for all others what it should be stands above.
  void addPictures(ShownValue &shown) {
    const Shape &shape = shown.value->type.shape;
    auto sized = [&](const ExprPtr &e) {
      const Shape &s = e->type.shape;
      return isPicture(s) && s[1] == shape[1] && s[2] == shape[2];
    };
    auto picture = [&](const ExprPtr &e) {
      const Range &own = reach.origin(*e).first->type.range;
      return ShownPicture{e, finite(own) ? own : shown.range};
    };
    for (const ExprPtr &a : shown.value->args)
      if (const Expr *o = reach.origin(*a).first;
          sized(a) && reach.of(*a).data && !(o->kind == ExprKind::Apply && o->label >= 0))
        shown.given.push_back(picture(a));
    ExprPtr target = reach.target(*shown.value, shown.value->output);
    if (target && !sized(target))
      target = nullptr;
    auto known = [&](const ShownPicture &p) { return reach.same(*p.value, *target); };
    if (!shown.given.empty()) {
      if (target && std::none_of(shown.given.begin(), shown.given.end(), known))
        shown.wanted.push_back(picture(target));
      for (const ExprPtr &back : waysBack(shown))
        shown.wanted.push_back(picture(back));
      return;
    }
    if (target)
      return shown.given.push_back(picture(target));
    for (size_t d = 0; d < model.data.size(); ++d)
      if (isPicture(model.data[d].shape))
        shown.given.push_back(
            {leaf(ExprKind::Data, int(d), model.data[d].shape, shown.value->span), model.data[d].range});
  }

  /// The decoders that make of a shown value again what it was made from, as the model holds them against each other: a
  /// cycle (Zhu et al. 2017).
  std::vector<ExprPtr> waysBack(const ShownValue &shown) {
    std::vector<ExprPtr> out;
    for (const ExprPtr &e : reach.expressions()) {
      if (e->kind != ExprKind::Apply || e->label >= 0 || model.blocks[size_t(e->index)].kind != BlockKind::Decoder)
        continue;
      bool from =
          std::any_of(e->args.begin(), e->args.end(), [&](const ExprPtr &a) { return reach.same(*a, *shown.value); });
      ExprPtr target = from ? reach.target(*e, e->output) : nullptr;
      bool back = target && std::any_of(shown.given.begin(), shown.given.end(),
                                        [&](const ShownPicture &p) { return reach.same(*p.value, *target); });
      if (back && std::none_of(out.begin(), out.end(), [&](const ExprPtr &known) { return reach.same(*known, *e); }))
        out.push_back(e);
    }
    return out;
  }

  /// The range of a value; a distribution's expectation has bounds of its own.
  Range rangeOf(const Output &o) const {
    if (finite(o.range))
      return o.range;
    const Data *same = dataOf(o.shape);
    return same ? same->range : Range{0, 1};
  }

  const Data *dataOf(const Shape &shape) const {
    for (const Data &d : model.data)
      if (d.kind != DataKind::Categorical && d.shape == shape)
        return &d;
    return nullptr;
  }

  /// The order in which values are shown: first pictures like the data, then vectors like the data, then other
  /// pictures.
  int rank(const ShownValue &v) const {
    const Shape &shape = v.output(model).shape;
    bool data = dataOf(shape);
    return data && v.picture ? 0 : data ? 1 : v.picture ? 2 : 3;
  }

  /// Removes values that only feed another decoder that is shown, except pictures.
  void removeIntermediate(std::vector<ShownValue> &values) const {
    auto feeds = [&](const ShownValue &from, const ShownValue &to) {
      bool found = false;
      for (const ExprPtr &a : to.value->args)
        visitAll(model, *a, [&](const Expr &e) { found |= e.kind == ExprKind::Apply && e.index == from.value->index; });
      return found;
    };
    std::vector<ShownValue> kept;
    for (const ShownValue &v : values)
      if (v.picture || std::none_of(values.begin(), values.end(), [&](const ShownValue &other) {
            return other.value->index != v.value->index && feeds(v, other);
          }))
        kept.push_back(v);
    values = std::move(kept);
  }

  /// Removes decoders that are the prior of a code: they describe likely codes, not data.
  void removePriors(std::vector<ShownValue> &values) const {
    auto prior = [&](const ShownValue &v) {
      if (dataOf(v.output(model).shape))
        return false;
      for (size_t b = 0; b < model.blocks.size(); ++b)
        for (size_t o = 0; o < model.blocks[b].outputs.size(); ++o)
          if (ExprPtr p = reach.prior(int(b), int(o));
              p && reach.origin(*p).first->kind == ExprKind::Apply && reach.origin(*p).first->index == v.value->index)
            return true;
      return false;
    };
    if (!std::all_of(values.begin(), values.end(), prior))
      std::erase_if(values, prior);
  }

  bool throughCodes(const ShownValue &v, const std::vector<ShownValue> &codes) const {
    bool found = false;
    visitAll(model, *v.value, [&](const Expr &e) {
      found |= e.kind == ExprKind::Apply && e.label < 0 &&
               std::any_of(codes.begin(), codes.end(), [&](const ShownValue &c) { return c.value->index == e.index; });
    });
    return found;
  }

  const Model &model;
  Reach reach;
  std::map<std::pair<const Expr *, int>, ExprPtr> made;
};

} // namespace

Uses usesOf(const Model &model) {
  Uses uses = Finder(model).find();
  uses.refusals = refusalsOf(model, uses);
  return uses;
}

} // namespace gan::dsl
