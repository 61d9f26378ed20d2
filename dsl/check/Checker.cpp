// Checks names, data, latents and constants, and drives the checks of a file in order.
#include "dsl/check/State.h"

#include "dsl/Parser.h"
#include "dsl/Uses.h"

#include <algorithm>

namespace gan::dsl {

std::optional<Model> Check::run() {
  if (file.model.text.empty())
    report.missing(Id::MissingPart, {0, 0}, {"name: it starts with `model <name>`"});
  model.name = file.model.text;
  for (const ast::Binding &b : file.constants)
    constant(b);
  for (const ast::Data &d : file.data)
    data(d);
  inits.checkFile();
  for (const ast::Block &b : file.blocks)
    block(b);
  if (file.train)
    train(*file.train);
  else if (report.clean())
    report.error(Id::MissingPart, {0, 0}, {"`train { .. }`"});
  if (!report.clean())
    return std::nullopt;
  noteUses(model, usesOf(model), diagnostics);
  return std::move(model);
}

void Check::constant(const ast::Binding &b) {
  if (b.names.size() != 1 || !b.value)
    return;
  if (names.lookup(b.names[0].text))
    return names.declare(b.names[0], {Entity::Constant, 0, {}});
  Number value = numbers.number(*b.value);
  names.declare(b.names[0], {Entity::Constant, addConstant(model, b.names[0].text, std::move(value), b.span), {}});
}

void Check::data(const ast::Data &d) {
  if (!d.type) {
    names.setBroken(d.name.text);
    return;
  }
  TypeText t = d.latent ? type(*d.type, {"uniform", "normal", "categorical"})
                        : type(*d.type, {"image", "vector", "categorical"});
  double lo = 0, hi = 1;
  if (d.lo && d.hi) {
    lo = numbers.literal(*d.lo, "the smallest value").value_or(0);
    hi = numbers.literal(*d.hi, "the largest value").value_or(1);
    if (lo >= hi)
      report.error(Id::OutOfRange, {d.lo->span.begin, d.hi->span.end},
                   {"range", "from a smaller to a larger number", "the other way round"});
  }
  if (!t.ok)
    names.setBroken(d.name.text);
  else if (t.name == "image")
    channelsLast(*d.type, t.shape);
  if (d.latent) {
    LatentKind kind = t.name == "uniform"  ? LatentKind::Uniform
                      : t.name == "normal" ? LatentKind::Normal
                                           : LatentKind::Categorical;
    model.latents.push_back({d.name.text, kind, t.shape, lo, hi, d.span});
    names.declare(d.name, {Entity::Latent, int(model.latents.size()) - 1, {}});
  } else {
    DataKind kind = t.name == "image" ? DataKind::Image : t.name == "vector" ? DataKind::Vector : DataKind::Categorical;
    for (const Data &other : model.data)
      if (t.ok && (other.kind == DataKind::Categorical) == (kind == DataKind::Categorical))
        report.error(Id::SecondData, d.span, {d.name.text, kind == DataKind::Categorical ? "label" : "image or vector"})
            .notes.push_back({other.span, "the first one is declared here"});
    model.data.push_back({d.name.text, kind, t.shape, {lo, hi}, d.span});
    names.declare(d.name, {Entity::Data, int(model.data.size()) - 1, {}});
  }
}

/// Reports shapes such as (28, 28, 1), in which other tools write an image: an image with 28 channels is hardly ever so
/// narrow.
void Check::channelsLast(const ast::Expr &e, const Shape &shape) {
  bool colours = shape[2] == 1 || shape[2] == 3 || shape[2] == 4;
  if (!colours || shape[0] < 8 || shape[0] != shape[1])
    return;
  report
      .error(Id::ChannelsLast, e.span,
             {shapeText(shape), std::to_string(shape[0]), std::to_string(shape[1]), std::to_string(shape[2])})
      .fix = Fix{e.span, "image" + shapeText({shape[2], shape[0], shape[1]})};
}

std::optional<Model> check(const ast::File &file, const Source &source, Diagnostics &diagnostics,
                           std::optional<int64_t> batch) {
  return Check(file, source, diagnostics, batch).run();
}

std::optional<Model> checkSource(const Source &source, Diagnostics &diagnostics, std::optional<int64_t> batch) {
  Tokens tokens = lex(source, diagnostics);
  ast::File file = parse(source, tokens, diagnostics);
  return check(file, source, diagnostics, batch);
}

} // namespace gan::dsl
