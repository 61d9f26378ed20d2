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
  Range limits = range(d.lo, d.hi, d.columns.empty() ? Range{0, 1} : Range{});
  if (!d.columns.empty() && t.ok)
    columns(d, t);
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
  std::vector<std::string> columns;
  for (const ast::Name &column : d.columns)
    columns.push_back(column.text);
  model.data.push_back({d.name.text, kind, type.shape, range, d.span, std::move(columns)});
  names.declare(d.name, {Entity::Data, int(model.data.size()) - 1, {}});
}

/// Checks the columns of a table that data is bound to: as many as it has numbers, one for a class, each bound once.
void Declarations::columns(const ast::Data &d, const WrittenType &type) {
  Span all{d.columns.front().span.begin, d.columns.back().span.end};
  if (d.latent || type.name == "image") {
    report.error(Id::WrongType, all,
                 {"columns of a table behind data, a `vector(n)` or `categorical(k)`",
                  d.latent ? "them behind a latent" : "them behind an image"});
    return;
  }
  int64_t found = int64_t(d.columns.size()), wanted = type.name == "vector" ? type.shape[0] : 1;
  if (found != wanted) {
    Diagnostic &e = report.error(Id::ExtraArgument, all,
                                 {"from", wanted == 1 ? "one column" : std::to_string(wanted) + " columns",
                                  found == 1 ? "one" : std::to_string(found)});
    if (type.name == "vector")
      e.fix = Fix{d.type->span, "vector(" + std::to_string(found) + ")"};
    else
      e.notes.push_back({all, "each column of categories is data of its own"});
  }
  for (const ast::Name &column : d.columns)
    if (auto [other, isNew] = bound.try_emplace(column.text, column.span); !isNew)
      report.error(Id::DuplicateName, column.span, {column.text, "a column that data is bound to"})
          .notes.push_back({other->second, "it is bound here"});
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
