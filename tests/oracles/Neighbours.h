// Models in which every layer of the language stands behind every other one that it can stand behind: what fusion and
// differentiation make of two layers depends on both.
#pragma once

#include <string>
#include <vector>

namespace gan::test {

/// Texts of the layers of a block from `(x, y)`, x: image(4, 4, 4), y: categorical(3), one for each pair of layers that
/// `check` accepts. Arguments (spectral, by, affine, sizes) vary from pair to pair.
std::vector<std::string> neighbours();

/// A model with a block for each of these.
std::string modelOfBlocks(const std::vector<std::string> &blocks);

} // namespace gan::test
