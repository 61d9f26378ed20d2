// Offsets in a graph's arena, from the time during which each buffer is needed: buffers that are never needed at the
// same time may share bytes.
#pragma once

#include <cstdint>
#include <vector>

namespace gan {

constexpr int64_t bufferAlignment = 64; ///< bytes, of every buffer

struct Buffer {
  int64_t bytes = 0;
  int64_t begin = INT64_MAX, end = -1; ///< numbers of the kernels that run first and last while it is needed
  int64_t offset = -1;                 ///< is assigned
};

struct ArenaSize {
  int64_t bytes = 0; ///< of the arena
  int64_t sum = 0;   ///< of all buffers if none shared memory
};

/// Gives each buffer an offset: the largest first, at the lowest offset that is free during its lifetime. With `share`
/// off each has bytes of its own, so that a wrong lifetime can be told from any other fault.
ArenaSize assignOffsets(std::vector<Buffer> &buffers, bool share);

} // namespace gan
