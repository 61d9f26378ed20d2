// Finds values that are divided by their own length. At 0 the gradient of such a quotient is infinite, which would stop
// a training much later.
#pragma once

#include "dsl/Model.h"

namespace gan::dsl {

/// Whether the divisor is the length of `e`, written as norm(e) or as the root of its sum of squares, also through
/// lets.
bool isOverOwnLength(const Model &model, const Expr &e, const Expr &divisor);

} // namespace gan::dsl
