// Syntax tree to checked model. All user errors are reported here; what comes out can be compiled.
#pragma once

#include "dsl/Ast.h"
#include "dsl/Diagnostics.h"
#include "dsl/Model.h"

#include <functional>

namespace gan::dsl {

/// The checked model, or nothing where a mistake was reported. `batch` takes the place of the file's.
std::optional<Model> check(const ast::File &file, const Source &source, Diagnostics &diagnostics,
                           std::optional<int64_t> batch = {});

/// Blocks whose parameters an expression's gradient reaches; `visit` is called with each application on the way.
/// Lets are followed; stop cuts.
void walkGradient(const Model &model, const Expr &e, const std::function<void(const Expr &apply, int viaLet)> &visit);

/// lex, parse and check in one.
std::optional<Model> checkSource(const Source &source, Diagnostics &diagnostics, std::optional<int64_t> batch = {});

/// The text of --stage=model.
std::string printModel(const Model &model);
/// The text of `ganc check --explain`: layers, shapes, parameter counts, every default in force.
std::string explain(const Model &model);
/// One line a layer: index, spelling, arguments, shape, parameters.
std::string explainLayers(const Block &block);
/// "(1, 28, 28)", "(784)", "one number".
std::string shapeText(const Shape &shape);
/// Reverse Polish text: "$lambda 0.5 mul".
std::string numberText(const Model &model, const Number &number);

/// Canonical layout: indentation, spacing, blank lines. Comments stay. Formatting twice changes nothing.
std::string format(const Source &source);

} // namespace gan::dsl
