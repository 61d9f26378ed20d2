// Types as they are written for data, latents and the ports of blocks: `image(1, 28, 28)`, `gaussian(16)`.
#pragma once

#include "dsl/check/Numbers.h"

namespace gan::dsl {

struct WrittenType {
  std::string name; ///< "image", "gaussian"
  Shape shape;
  OutputKind kind = OutputKind::Value; ///< the distribution that the name stands for where a block's output is written
  std::optional<Number> given;         ///< as in Output, here and below
  std::optional<Range> kept, pixels;
  double freedom = 0;
  bool ok = false; ///< whether there is no mistake in it
};

/// Checks a type, which must be one of the `allowed`: image(c, h, w), vector(n), uniform(n), categorical(k), .. .
WrittenType checkType(const ast::Expr &e, std::initializer_list<std::string_view> allowed, Numbers &numbers,
                      Report &report);
/// Checks the type of a block's output: image, vector, or a distribution with its arguments: gaussian(n, variance v).
WrittenType checkOutputType(const ast::Expr &e, Numbers &numbers, Report &report);

} // namespace gan::dsl
