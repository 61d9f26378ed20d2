// Text as terminals and readers of JSON can take it.
#pragma once

#include <string>
#include <string_view>

namespace ganrt {

/// The text with control characters (but not line ends and tabs) and bytes that are not UTF-8 as `\x1b`: names of files
/// may hold anything, and a terminal would obey some of it.
std::string printable(std::string_view text);

} // namespace ganrt
