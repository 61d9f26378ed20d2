// Letters of 3 x 5 pixels for captions in pictures: the digits, small letters and signs that names and numbers are made
// of.
#pragma once

#include <cstdint>

namespace ganrt {

inline constexpr int64_t letterWidth = 3, letterHeight = 5;

/// Whether the letter has ink at that place; capital letters are drawn as small ones, unknown ones as a box.
bool inked(char letter, int64_t row, int64_t column);

} // namespace ganrt
