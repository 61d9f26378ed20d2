// Ways from one code to another.
#pragma once

#include <cstddef>
#include <vector>

namespace ganrt {

/// a + share * (b - a), the ends exactly.
std::vector<double> linear(const std::vector<double> &a, const std::vector<double> &b, double share);

/// Along the great circle between the directions, with the length changing evenly (Shoemake 1985; White 2016 for
/// latents); linear where the directions are (nearly) the same or opposite.
std::vector<double> spherical(const std::vector<double> &a, const std::vector<double> &b, double share);

} // namespace ganrt
