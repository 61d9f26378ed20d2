// Declares and finds names. A name that is not in scope may still be a let of another step or a metric: the user is
// told so, rather than that it is unknown.
#include "dsl/check/Names.h"

#include <algorithm>

namespace gan::dsl {
namespace {

std::string kindText(Entity::Kind kind) {
  static constexpr const char *texts[] = {"a constant", "data",     "a latent",    "a block",
                                          "a let",      "a global", "a refinement"};
  return texts[kind];
}

/// The declaration of a let of this name in any step; null if there is none.
const ast::Name *letOfAnotherStep(const ast::File &file, const std::string &name) {
  if (!file.train)
    return nullptr;
  for (const ast::Step &s : file.train->steps)
    for (const ast::Binding &b : s.lets)
      for (const ast::Name &n : b.names)
        if (n.text == name)
          return &n;
  return nullptr;
}

/// The declaration of a metric of this name; null if there is none.
const ast::Name *metricNamed(const ast::File &file, const std::string &name) {
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

bool isOneOf(Entity::Kind kind, std::initializer_list<Entity::Kind> kinds) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

} // namespace

void Names::declare(const ast::Name &name, Entity entity) {
  if (name.text.empty())
    return;
  if (const Entity *other = lookup(name.text)) {
    report.error(Id::DuplicateName, name.span, {name.text, kindText(other->kind)})
        .notes.push_back({other->span, "it is declared here"});
    return;
  }
  entity.span = name.span;
  scopes.back()[name.text] = entity;
}

const Entity *Names::lookup(const std::string &name) const {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
    if (auto it = scope->find(name); it != scope->end())
      return &it->second;
  return nullptr;
}

const Entity *Names::find(const ast::Name &name, std::string_view what, std::initializer_list<Entity::Kind> kinds) {
  if (isBroken(name.text))
    return nullptr; // its mistake is already reported
  const Entity *entity = lookup(name.text);
  if (entity && isOneOf(entity->kind, kinds))
    return entity;
  if (entity)
    report.error(Id::WrongType, name.span, {std::string(what), kindText(entity->kind)})
        .notes.push_back({entity->span, "it is declared here"});
  else
    reportUnknown(name, what, kinds);
  return nullptr;
}

void Names::reportUnknown(const ast::Name &name, std::string_view what, std::initializer_list<Entity::Kind> kinds) {
  if (const ast::Name *let = letOfAnotherStep(file, name.text)) {
    report.error(Id::NotInScope, name.span, {name.text, "it is a value of another step"})
        .notes.push_back({let->span, "put what several steps or a gate read in front of the steps"});
    return;
  }
  if (const ast::Name *metric = what == "value" ? metricNamed(file, name.text) : nullptr) {
    report.error(Id::WrongType, name.span, {"a value", "a metric"})
        .notes.push_back({metric->span, "a metric is only reported: `let` names a value that several read"});
    return;
  }
  std::vector<std::string> candidates;
  for (auto &scope : scopes)
    if (report.suggests())
      for (auto &[text, other] : scope)
        if (isOneOf(other.kind, kinds))
          candidates.push_back(text);
  report.suggest(report.error(Id::UnknownName, name.span, {std::string(what), name.text}), name.text, candidates,
                 name.span, what);
}

} // namespace gan::dsl
