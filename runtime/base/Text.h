// Helpers for text that people read: safe for terminals and JSON readers, and the parts of messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ganrt {

using Words = std::vector<std::string>;

/// The text with control characters (except line ends and tabs) and bytes that are not UTF-8 written like `\x1b`. File
/// names may contain anything, and a terminal would obey some of it.
std::string printable(std::string_view text);

/// The candidate that was probably meant: the one with the smallest edit distance to `word`; "" if none is near.
std::string nearestName(const std::string &word, const Words &candidates);

/// "(3, 64, 64)".
std::string shapeText(const std::vector<int64_t> &shape);

} // namespace ganrt
