// Characters of a text as people and terminals see them: which bytes are whole UTF-8 characters, and how anything else
// is shown.
#pragma once

#include <string>
#include <string_view>

namespace gan::dsl {

/// Bytes of the UTF-8 character that starts at `at`; 0 where none does (cut off, overlong, a surrogate, beyond
/// U+10FFFF).
size_t characterLength(std::string_view text, size_t at);

/// Columns of a terminal that the UTF-8 character takes: 2 for those of East Asia and pictures, 0 for marks upon
/// others.
size_t characterWidth(std::string_view character);

/// The text with control characters (but not line ends and tabs) and bytes that are not UTF-8 as `\x1b`: what a
/// terminal would obey, or a reader of JSON refuse, is shown instead.
std::string printable(std::string_view text);

} // namespace gan::dsl
