// Tokens to syntax tree, by recursive descent. A mistake is reported and the parser goes on at the next statement.
#pragma once

#include "dsl/Ast.h"
#include "dsl/Lexer.h"

namespace gan::dsl {

/// Deepest nesting of expressions, groups and blocks.
inline constexpr int maxNesting = 200;
/// Operations of an expression inside one another: `a + b + c` has two.
inline constexpr int maxOperations = 1000;

/// What could be understood; check `diagnostics` before using it for more than formatting.
ast::File parse(const Source &source, const Tokens &tokens, Diagnostics &diagnostics);

/// The text of --stage=ast.
std::string printAst(const ast::File &file);

} // namespace gan::dsl
