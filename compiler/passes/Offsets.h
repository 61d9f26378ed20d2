// Offsets in a graph's arena, from the liveness of buffers: buffers that are never needed at the same time may share
// bytes.
#pragma once

#include <cstdint>
#include <vector>

namespace gan {

constexpr int64_t bufferAlignment = 64; ///< alignment of every buffer, in bytes

struct Buffer {
  int64_t bytes = 0;
  int64_t begin = INT64_MAX, end = -1; ///< liveness: numbers of the first and last kernel while it is needed
  int64_t offset = -1;                 ///< set by assignOffsets
};

struct ArenaSize {
  int64_t bytes = 0; ///< size of the arena
  int64_t sum = 0;   ///< size of all buffers together if none shared memory
};

/// Gives each buffer an offset: the largest buffer first, each at the lowest offset that is free while it is live.
/// Without `share` each buffer has its own bytes, so that a wrong liveness can be told from any other fault.
ArenaSize assignOffsets(std::vector<Buffer> &buffers, bool share);

} // namespace gan
