// Grids of images as PNG.
#pragma once

#include "runtime/base/Bytes.h"
#include "runtime/base/Files.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ganrt {

/// Images as bytes (height, width, channels), row by row of the grid; gaps are dark grey. One channel is grey, three
/// RGB; two and four are these with alpha.
struct Grid {
  static constexpr uint8_t background = 40; ///< of gaps
  int64_t height = 0, width = 0, channels = 1, columns = 8;
  std::vector<std::vector<uint8_t>> images{};
  int64_t padding = 2;                 ///< pixels between images
  std::vector<std::string> captions{}; ///< above each image; empty for none
};

/// Pixels (height, width, channels), encoded.
struct Png {
  int64_t height, width, channels;
  std::string bytes;
};
/// `fast`: a larger file in less time, while training waits.
Png encodePng(const Grid &grid, bool fast = false);

/// Throws UserError with the path.
void writePng(const std::string &path, const Grid &grid, Durable durable = Durable::AtOnce);

} // namespace ganrt
