// Types as they are written for data, latents and the ports of blocks: `image(1, 28, 28)`, `gaussian(16)`.
#pragma once

#include "dsl/check/Numbers.h"

namespace gan::dsl {

struct WrittenType {
  std::string name; ///< "image", "gaussian"
  Shape shape;
  std::optional<Number> variance;   ///< of a gaussian, if it is given
  std::optional<Range> logVariance; ///< the interval of a gaussian's log variance, if it has one
  bool ok = false;                  ///< whether there is no mistake in it
};

/// Checks a type, which must be one of the `allowed`: image(c, h, w), vector(n), bernoulli[(shape)],
/// gaussian(n[, variance v | log_variance in [lo, hi]]), categorical(k), uniform(n), normal(n).
WrittenType checkType(const ast::Expr &e, std::initializer_list<std::string_view> allowed, Numbers &numbers,
                      Report &report);

} // namespace gan::dsl
