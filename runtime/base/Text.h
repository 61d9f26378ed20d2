// Text for people: as terminals and readers of JSON can take it, and what messages are made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ganrt {

using Words = std::vector<std::string>;

/// The text with control characters (but not line ends and tabs) and bytes that are not UTF-8 as `\x1b`: names of files
/// may hold anything, and a terminal would obey some of it.
std::string printable(std::string_view text);

/// The word among `candidates` that was probably meant, by the fewest changes of letters; "" where none is near.
std::string nearestName(const std::string &word, const Words &candidates);

/// "(3, 64, 64)".
std::string shapeText(const std::vector<int64_t> &shape);

} // namespace ganrt
