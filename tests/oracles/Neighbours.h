// Models in which every layer of the language stands behind every other one that it can stand behind: what fusion and
// differentiation make of two layers depends on both.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gan::test {

/// Each layer in some of its forms, by its spelling; `P` stands for a label before it.
const std::map<std::string_view, std::vector<std::string>> &layerTexts();

/// Such a form with that label.
std::string withLabel(std::string text, const std::string &label);

/// Texts of the layers of a block from `(x, y)`, x: image(4, 4, 4), y: categorical(3), one for each pair of layers that
/// `check` accepts. Arguments (spectral, by, affine, sizes) vary from pair to pair.
std::vector<std::string> neighbours();

/// A model with a block for each of these.
std::string modelOfBlocks(const std::vector<std::string> &blocks);

} // namespace gan::test
