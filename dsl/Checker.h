// Turns a syntax tree into a checked model. All mistakes of the user are reported here; the resulting model can always
// be compiled.
#pragma once

#include "dsl/Ast.h"
#include "dsl/Diagnostics.h"
#include "dsl/Model.h"

namespace gan::dsl {

/// The checked model, or nothing if a mistake was reported. If given, `batch` replaces the file's.
std::optional<Model> check(const ast::File &file, const Source &source, Diagnostics &diagnostics,
                           std::optional<int64_t> batch = {});

/// Lexes, parses and checks a source.
std::optional<Model> checkSource(const Source &source, Diagnostics &diagnostics, std::optional<int64_t> batch = {});

/// The text of --stage=model.
std::string printModel(const Model &model);
/// The text of `ganc check --explain`: layers, shapes, parameter counts, every default in force.
std::string explain(const Model &model);
/// One line for each layer: index, spelling, arguments, shape, parameters.
std::string explainLayers(const Block &block);
/// "(1, 28, 28)", "(784)", "one number".
std::string shapeText(const Shape &shape);
/// The number in reverse Polish notation: "$lambda 0.5 mul".
std::string numberText(const Model &model, const Number &number);

/// The source in canonical layout: indentation, spacing, blank lines. Comments are kept. Formatting a second time
/// changes nothing.
std::string format(const Source &source);

} // namespace gan::dsl
