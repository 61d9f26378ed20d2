// What hardware does in whole steps costs whole steps.
#pragma once

#include <cmath>

namespace gan {

/// The multiple of `step` that is at least `value`.
inline double roundUp(double value, double step) { return std::ceil(value / step) * step; }

} // namespace gan
