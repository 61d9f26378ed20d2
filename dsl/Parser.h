// Parses tokens to a syntax tree, by recursive descent. After a mistake is reported, the parser goes on at the next
// statement.
#pragma once

#include "dsl/Ast.h"
#include "dsl/Lexer.h"

namespace gan::dsl {

/// Deepest nesting of expressions, groups and blocks.
inline constexpr int maxNesting = 200;
/// Deepest nesting of operations in an expression: `a + b + c` has two.
inline constexpr int maxOperations = 1000;

/// The tree of what could be understood. Check `diagnostics` before using it for more than formatting.
ast::File parse(const Source &source, const Tokens &tokens, Diagnostics &diagnostics);

/// The text of --stage=ast.
std::string printAst(const ast::File &file);

} // namespace gan::dsl
