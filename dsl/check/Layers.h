// The layers of a block, one after another: each takes what the one before gives.
#pragma once

#include "dsl/check/Arguments.h"
#include "dsl/check/Inits.h"

namespace gan::dsl {

/// Checks layers, and adds them to their block with arguments, shapes and tensors.
class Layers {
public:
  Layers(const Model &model, const Names &names, Numbers &numbers, Inits &inits, Report &report)
      : model(model), references(model, names, report), arguments(references, numbers, report), inits(inits),
        report(report) {}

  /// Checks all layers of the block.
  void check(Chain &chain) { check(chain.written.items, chain); }

private:
  void check(const std::vector<ast::Item> &items, Chain &chain);
  void layer(const ast::Layer &l, bool last, Chain &chain);
  void unknown(const ast::Name &name, Chain &chain);
  void label(const ast::Name &name, int first, Chain &chain);

  const Model &model;
  References references;
  Arguments arguments;
  Inits &inits;
  Report &report;
};

} // namespace gan::dsl
