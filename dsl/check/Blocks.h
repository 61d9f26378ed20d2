// Blocks: encoders, decoders, discriminators and heads, with what goes in, their layers, and what comes out.
#pragma once

#include "dsl/check/Layers.h"

namespace gan::dsl {

/// Checks blocks, and adds them to the model.
class Blocks {
public:
  Blocks(const ast::File &file, Model &model, Names &names, Numbers &numbers, Inits &inits, Report &report)
      : file(file), model(model), names(names), numbers(numbers), report(report),
        layers(model, names, numbers, inits, report) {}

  void block(const ast::Block &b);

private:
  void inputs(const ast::Block &b, Block &out);
  bool trunk(const ast::Expr &e, const ast::Block &b, Block &out);
  std::optional<Input> input(const ast::Port &p, const ast::Block &b);
  void outputs(const ast::Block &b, Block &out);
  std::optional<Output> output(const ast::Port &p);

  const ast::File &file;
  Model &model;
  Names &names;
  Numbers &numbers;
  Report &report;
  Layers layers;
};

} // namespace gan::dsl
