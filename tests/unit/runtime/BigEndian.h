// Numbers as IDX and PNG files have them.
#pragma once

#include <cstdint>
#include <string>

namespace ganrt {

inline std::string bigEndian(uint32_t v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

} // namespace ganrt
