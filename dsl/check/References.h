// Values that a layer refers to by name: `add main`, `concat y`. They are inputs of its block, and values at labels
// before it.
#pragma once

#include "dsl/Model.h"
#include "dsl/check/Names.h"

namespace gan::dsl {

/// A block while its layers are checked, one after another.
struct Chain {
  const ast::Block &written;
  Block &checked;
  Shape shape; ///< the shape of what comes into the next layer; empty if that is not known, because of a mistake
};

/// Resolves the names that layers refer to.
class References {
public:
  References(const Model &model, const Names &names, Report &report) : model(model), names(names), report(report) {}

  /// The value that a name stands for in the next layer. Nothing if there is none, or if it has a mistake.
  std::optional<Ref> find(const ast::Expr &e, const Chain &chain);

private:
  void reportMissing(const ast::Name &name, Span span, const Chain &chain);

  const Model &model;
  const Names &names;
  Report &report;
};

/// Whether a block of the file declares the label, even if its layers have mistakes.
bool declaresLabel(const ast::File &file, const std::string &block, const std::string &label);

} // namespace gan::dsl
