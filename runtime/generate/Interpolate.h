// Interpolation from one code to another.
#pragma once

#include <cstddef>
#include <vector>

namespace ganrt {

/// a + share * (b - a), which is exact at both ends.
std::vector<double> linear(const std::vector<double> &a, const std::vector<double> &b, double share);

/// Interpolates along the great circle between the directions, while the length changes evenly (Shoemake 1985; White
/// 2016 for latents). Is linear if the directions are (nearly) the same or opposite.
std::vector<double> spherical(const std::vector<double> &a, const std::vector<double> &b, double share);

} // namespace ganrt
