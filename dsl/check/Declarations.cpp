// Checks declarations. One with a mistake is still declared, with what is known of it, so that its uses are not
// reported as unknown names.
#include "dsl/check/Declarations.h"

#include "dsl/Checker.h"

namespace gan::dsl {

void Declarations::constant(const ast::Binding &b) {
  if (b.names.size() != 1 || !b.value)
    return;
  if (names.lookup(b.names[0].text))
    return names.declare(b.names[0], {Entity::Constant, 0, {}});
  Number value = numbers.number(*b.value);
  names.declare(b.names[0], {Entity::Constant, addConstant(model, b.names[0].text, std::move(value), b.span), {}});
}

void Declarations::source(const ast::Data &d) {
  if (!d.type)
    return names.setBroken(d.name.text);
  WrittenType t = d.latent
                      ? checkType(*d.type, {"uniform", "normal", "categorical", "laplace", "logistic"}, numbers, report)
                      : checkType(*d.type, {"image", "vector", "categorical"}, numbers, report);
  Range limits = range(d.lo, d.hi, {0, 1});
  if (!t.ok)
    names.setBroken(d.name.text);
  else if (t.name == "image")
    channelsLast(*d.type, t.shape);
  if (d.latent)
    latent(d, t, limits);
  else
    data(d, t, limits);
}

/// The range after `in`; `otherwise` if there is none.
Range Declarations::range(const ast::ExprPtr &first, const ast::ExprPtr &last, Range otherwise) {
  if (!first || !last)
    return otherwise;
  double lo = numbers.literal(*first, "the smallest value").value_or(0);
  double hi = numbers.literal(*last, "the largest value").value_or(1);
  if (lo >= hi)
    report.error(Id::OutOfRange, {first->span.begin, last->span.end},
                 {"range", "from a smaller to a larger number", "the other way round"});
  return {lo, hi};
}

/// A global becomes a block of one parameter, so that steps, optimizers and averages treat it as they do any other.
void Declarations::global(const ast::Global &g) {
  if (!g.start)
    return names.setBroken(g.name.text);
  double start = numbers.literal(*g.start, "the first value of a global").value_or(0);
  Range kept = range(g.lo, g.hi, {});
  if (kept.lo < kept.hi && (start < kept.lo || start > kept.hi)) {
    char interval[64], found[40];
    snprintf(interval, sizeof interval, "in [%g, %g]", kept.lo, kept.hi);
    snprintf(found, sizeof found, "%g", start);
    report.error(Id::OutOfRange, g.start->span, {"the first value of " + g.name.text, interval, found});
  }
  Block block;
  block.kind = BlockKind::Global;
  block.name = g.name.text;
  block.span = g.span;
  if (g.lo)
    block.kept = kept;
  Layer layer;
  layer.kind = LayerKind::Gain;
  layer.span = g.span;
  layer.params.push_back({"value", ParamRole::Scale, false, {1}, Init{InitKind::Constant, start, 0}, 1, 1});
  block.layers.push_back(std::move(layer));
  model.blocks.push_back(std::move(block));
  names.declare(g.name, {Entity::Global, int(model.blocks.size()) - 1, {}});
}

void Declarations::latent(const ast::Data &d, const WrittenType &type, Range range) {
  LatentKind kind = type.name == "uniform"    ? LatentKind::Uniform
                    : type.name == "normal"   ? LatentKind::Normal
                    : type.name == "laplace"  ? LatentKind::Laplace
                    : type.name == "logistic" ? LatentKind::Logistic
                                              : LatentKind::Categorical;
  model.latents.push_back({d.name.text, kind, type.shape, range.lo, range.hi, d.span});
  names.declare(d.name, {Entity::Latent, int(model.latents.size()) - 1, {}});
}

void Declarations::data(const ast::Data &d, const WrittenType &type, Range range) {
  DataKind kind = type.name == "image"    ? DataKind::Image
                  : type.name == "vector" ? DataKind::Vector
                                          : DataKind::Categorical;
  model.data.push_back({d.name.text, kind, type.shape, range, d.span});
  names.declare(d.name, {Entity::Data, int(model.data.size()) - 1, {}});
}

/// Reports shapes such as (28, 28, 1), in which other tools write an image: an image with 28 channels is hardly ever so
/// narrow.
void Declarations::channelsLast(const ast::Expr &e, const Shape &shape) {
  bool colours = shape[2] == 1 || shape[2] == 3 || shape[2] == 4;
  if (!colours || shape[0] < 8 || shape[0] != shape[1])
    return;
  report
      .error(Id::ChannelsLast, e.span,
             {shapeText(shape), std::to_string(shape[0]), std::to_string(shape[1]), std::to_string(shape[2])})
      .fix = Fix{e.span, "image" + shapeText({shape[2], shape[0], shape[1]})};
}

} // namespace gan::dsl
