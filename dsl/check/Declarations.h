// Declarations of what a model starts from: data, latents, and named numbers.
#pragma once

#include "dsl/check/Types.h"

#include <map>

namespace gan::dsl {

/// Checks data, latents and constants, and adds them to the model.
class Declarations {
public:
  Declarations(Model &model, Names &names, Numbers &numbers, Report &report)
      : model(model), names(names), numbers(numbers), report(report) {}

  void constant(const ast::Binding &b);
  void source(const ast::Data &d); ///< `data` or `latent`
  void global(const ast::Global &g);

private:
  Range range(const ast::ExprPtr &lo, const ast::ExprPtr &hi, Range otherwise);
  void latent(const ast::Data &d, const WrittenType &type, Range range);
  void data(const ast::Data &d, const WrittenType &type, Range range);
  void columns(const ast::Data &d, const WrittenType &type);
  void channelsLast(const ast::Expr &e, const Shape &shape);

  Model &model;
  Names &names;
  Numbers &numbers;
  Report &report;
  std::map<std::string, Span> bound; ///< the columns that data is bound to
};

} // namespace gan::dsl
