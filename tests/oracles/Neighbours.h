// Models in which every layer of the language follows every other layer that it can follow, because the result of
// fusion and differentiation for two layers depends on both.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gan::test {

/// Each layer in some of its forms, by its spelling; `P` stands for the label of an earlier layer.
const std::map<std::string_view, std::vector<std::string>> &layerTexts();

/// The text of such a form, with the label in place of `P`.
std::string withLabel(std::string text, const std::string &label);

/// Texts of the layers of a block of `(x, y)`, where x: image(4, 4, 4) and y: categorical(3): one text for each pair of
/// layers that `check` accepts. Arguments (spectral, by, affine, sizes) vary from pair to pair.
std::vector<std::string> neighbours();

/// A model with one block for each of these texts.
std::string modelOfBlocks(const std::vector<std::string> &blocks);

} // namespace gan::test
