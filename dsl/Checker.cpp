// Checks names, data, latents and constants, and drives the checks of a file in order.
#include "dsl/CheckState.h"

#include "dsl/Parser.h"
#include "dsl/Uses.h"

#include <algorithm>

namespace gan::dsl {

std::optional<Model> Check::run() {
  scopes.emplace_back();
  parsed = diagnostics.empty();
  if (file.model.text.empty() && diagnostics.empty())
    error(Id::MissingPart, {0, 0}, {"name: it starts with `model <name>`"});
  model.name = file.model.text;
  for (const ast::Binding &b : file.constants)
    constant(b);
  for (const ast::Data &d : file.data)
    data(d);
  for (const ast::InitRule &rule : file.inits) {
    ParamRole role{};
    initialiser(rule, role); // only to report mistakes: there may be no block with a tensor of this kind
  }
  for (const ast::Block &b : file.blocks)
    block(b);
  if (file.train)
    train(*file.train);
  else if (diagnostics.empty())
    error(Id::MissingPart, {0, 0}, {"`train { .. }`"});
  if (!diagnostics.empty())
    return std::nullopt;
  noteUses(model, usesOf(model), diagnostics);
  return std::move(model);
}

std::string Check::kindText(Entity::Kind kind) {
  static constexpr const char *texts[] = {"a constant", "data", "a latent", "a block", "a let"};
  return texts[kind];
}

/// "`a`, `b` and `c`"
static std::string listed(const std::vector<std::string> &names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "`" : i + 1 == names.size() ? " and `" : ", `") + names[i] + "`";
  return text;
}

void Check::suggest(Diagnostic &d, std::string_view word, const std::vector<std::string> &candidates, Span span,
                    std::string_view where) {
  if (std::string text = advice(where, word); !text.empty())
    d.notes.push_back({span, text});
  else if (std::string fix = suggests() ? nearest(word, candidates) : ""; !fix.empty())
    d.fix = Fix{span, fix};
  else if (where == "type" || where == "optimizer" || where == "initialiser") // these have few candidates
    d.notes.push_back({span, "there are " + listed(candidates)});
}

void Check::declare(const ast::Name &name, Entity entity) {
  if (name.text.empty())
    return;
  if (const Entity *other = lookup(name.text)) {
    error(Id::DuplicateName, name.span, {name.text, kindText(other->kind)})
        .notes.push_back({other->span, "it is declared here"});
    return;
  }
  entity.span = name.span;
  scopes.back()[name.text] = entity;
}

const Entity *Check::lookup(const std::string &name) const {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
    if (auto it = scope->find(name); it != scope->end())
      return &it->second;
  return nullptr;
}

const ast::Name *Check::letOfAnotherStep(const std::string &name) const {
  if (!file.train)
    return nullptr;
  for (const ast::Step &s : file.train->steps)
    for (const ast::Binding &b : s.lets)
      for (const ast::Name &n : b.names)
        if (n.text == name)
          return &n;
  return nullptr;
}

const ast::Name *Check::metricNamed(const std::string &name) const {
  auto among = [&](const std::vector<ast::Binding> &metrics) -> const ast::Name * {
    for (const ast::Binding &b : metrics)
      if (b.names.size() == 1 && b.names[0].text == name)
        return &b.names[0];
    return nullptr;
  };
  const ast::Name *found = file.train ? among(file.train->metrics) : nullptr;
  for (size_t i = 0; file.train && !found && i < file.train->steps.size(); ++i)
    found = among(file.train->steps[i].metrics);
  return found;
}

const Entity *Check::find(const ast::Name &name, std::string_view what, std::initializer_list<Entity::Kind> kinds) {
  if (broken.count(name.text))
    return nullptr; // its mistake is already reported
  const Entity *entity = lookup(name.text);
  if (entity && std::find(kinds.begin(), kinds.end(), entity->kind) != kinds.end())
    return entity;
  if (entity) {
    error(Id::WrongType, name.span, {std::string(what), kindText(entity->kind)})
        .notes.push_back({entity->span, "it is declared here"});
    return nullptr;
  }
  if (const ast::Name *let = letOfAnotherStep(name.text)) {
    error(Id::NotInScope, name.span, {name.text, "it is a value of another step"})
        .notes.push_back({let->span, "put what several steps or a gate read in front of the steps"});
    return nullptr;
  }
  if (const ast::Name *metric = what == "value" ? metricNamed(name.text) : nullptr) {
    error(Id::WrongType, name.span, {"a value", "a metric"})
        .notes.push_back({metric->span, "a metric is only reported: `let` names a value that several read"});
    return nullptr;
  }
  std::vector<std::string> candidates;
  for (auto &scope : scopes)
    if (suggests())
      for (auto &[text, other] : scope)
        if (std::find(kinds.begin(), kinds.end(), other.kind) != kinds.end())
          candidates.push_back(text);
  suggest(error(Id::UnknownName, name.span, {std::string(what), name.text}), name.text, candidates, name.span, what);
  return nullptr;
}

void Check::constant(const ast::Binding &b) {
  if (b.names.size() != 1 || !b.value)
    return;
  if (lookup(b.names[0].text))
    return declare(b.names[0], {Entity::Constant, 0, {}});
  Number value = number(*b.value);
  declare(b.names[0], {Entity::Constant, addConstant(b.names[0].text, std::move(value), b.span), {}});
}

int Check::addConstant(const std::string &name, Number value, Span span) {
  model.constants.push_back({name, std::move(value), span});
  return model.constants.size() - 1;
}

void Check::data(const ast::Data &d) {
  if (!d.type) {
    broken.insert(d.name.text);
    return;
  }
  TypeText t = d.latent ? type(*d.type, {"uniform", "normal", "categorical"})
                        : type(*d.type, {"image", "vector", "categorical"});
  double lo = 0, hi = 1;
  if (d.lo && d.hi) {
    lo = literal(*d.lo, "the smallest value").value_or(0);
    hi = literal(*d.hi, "the largest value").value_or(1);
    if (lo >= hi)
      error(Id::OutOfRange, {d.lo->span.begin, d.hi->span.end},
            {"range", "from a smaller to a larger number", "the other way round"});
  }
  if (!t.ok)
    broken.insert(d.name.text);
  else if (t.name == "image")
    channelsLast(*d.type, t.shape);
  if (d.latent) {
    LatentKind kind = t.name == "uniform"  ? LatentKind::Uniform
                      : t.name == "normal" ? LatentKind::Normal
                                           : LatentKind::Categorical;
    model.latents.push_back({d.name.text, kind, t.shape, lo, hi, d.span});
    declare(d.name, {Entity::Latent, int(model.latents.size()) - 1, {}});
  } else {
    DataKind kind = t.name == "image" ? DataKind::Image : t.name == "vector" ? DataKind::Vector : DataKind::Categorical;
    for (const Data &other : model.data)
      if (t.ok && (other.kind == DataKind::Categorical) == (kind == DataKind::Categorical))
        error(Id::SecondData, d.span, {d.name.text, kind == DataKind::Categorical ? "label" : "image or vector"})
            .notes.push_back({other.span, "the first one is declared here"});
    model.data.push_back({d.name.text, kind, t.shape, {lo, hi}, d.span});
    declare(d.name, {Entity::Data, int(model.data.size()) - 1, {}});
  }
}

/// Reports shapes such as (28, 28, 1), in which other tools write an image: an image with 28 channels is hardly ever so
/// narrow.
void Check::channelsLast(const ast::Expr &e, const Shape &shape) {
  bool colours = shape[2] == 1 || shape[2] == 3 || shape[2] == 4;
  if (!colours || shape[0] < 8 || shape[0] != shape[1])
    return;
  error(Id::ChannelsLast, e.span,
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
