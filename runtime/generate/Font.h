// Letters of 3 x 5 pixels for captions in pictures: digits, small letters, and the signs that occur in names and
// numbers.
#pragma once

#include <cstdint>

namespace ganrt {

inline constexpr int64_t letterWidth = 3, letterHeight = 5;

/// Whether the letter has ink at this pixel. Capital letters are drawn as small ones, unknown ones as a box.
bool inked(char letter, int64_t row, int64_t column);

} // namespace ganrt
