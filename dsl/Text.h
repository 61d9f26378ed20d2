// Handles the characters of a text as people and terminals see them: which bytes are whole UTF-8 characters, and how
// anything else is shown.
#pragma once

#include <string>
#include <string_view>

namespace gan::dsl {

/// The number of bytes of the UTF-8 character that starts at `at`; 0 if there is no valid one (cut off, overlong, a
/// surrogate, beyond U+10FFFF).
size_t characterLength(std::string_view text, size_t at);

/// How many columns of a terminal the UTF-8 character takes: 2 for East Asian characters and pictures, 0 for combining
/// marks.
size_t characterWidth(std::string_view character);

/// The text with control characters (except line ends and tabs) and bytes that are not UTF-8 written like `\x1b`,
/// because a terminal would obey the former and a JSON reader refuse the latter.
std::string printable(std::string_view text);

} // namespace gan::dsl
