// What names stand for. A name is declared once in a file, except that each step has lets of its own; a use of a name
// that stands for nothing, or for something else, is reported with the name that was probably meant.
#pragma once

#include "dsl/Ast.h"
#include "dsl/check/Report.h"

#include <map>
#include <set>

namespace gan::dsl {

/// What a name stands for.
struct Entity {
  enum Kind { Constant, Data, Latent, Block, Let, Global, Refined } kind; ///< a Global is one of the blocks
  int index;
  Span span;
};

/// The names that are in scope.
class Names {
public:
  Names(const ast::File &file, Report &report) : file(file), report(report) { open(); }

  void open() { scopes.emplace_back(); } ///< starts a scope inside the others
  void close() { scopes.pop_back(); }
  void declare(const ast::Name &name, Entity entity);
  const Entity *lookup(const std::string &name) const;
  /// What the name stands for; if it is none of these kinds, null, and the use is reported. `what` is the word for the
  /// kinds.
  const Entity *find(const ast::Name &name, std::string_view what, std::initializer_list<Entity::Kind> kinds);
  /// Notes a name with a mistake in its declaration: its uses are not reported.
  void setBroken(const std::string &name) { broken.insert(name); }
  bool isBroken(const std::string &name) const { return broken.count(name) > 0; }

private:
  void reportUnknown(const ast::Name &name, std::string_view what, std::initializer_list<Entity::Kind> kinds);

  const ast::File &file;
  Report &report;
  std::vector<std::map<std::string, Entity>> scopes;
  std::set<std::string> broken;
};

} // namespace gan::dsl
