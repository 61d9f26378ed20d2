// Projections of a tensor on random signs, which represent it in a small golden file. tests/parity/given.py makes them
// by the same rule.
#pragma once

#include <array>
#include <vector>

namespace gan::test {

/// Bit k of an element's random word is its sign in the k-th projection. The distance of two tensors' sketches is the
/// distance of the tensors within about 15 % (Johnson & Lindenstrauss).
std::array<double, 32> sketch(const std::vector<double> &values);

} // namespace gan::test
