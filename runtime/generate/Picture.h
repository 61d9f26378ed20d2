// Draws grids of images and encodes them as PNG.
#pragma once

#include "runtime/base/Bytes.h"
#include "runtime/base/Files.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ganrt {

/// Images as bytes (height, width, channels), in rows of the grid; gaps are dark grey. One channel is grey, three are
/// RGB; two and four are the same with alpha.
struct Grid {
  static constexpr uint8_t background = 40; ///< grey of the gaps
  int64_t height = 0, width = 0, channels = 1, columns = 8;
  std::vector<std::vector<uint8_t>> images{};
  int64_t padding = 2;                 ///< pixels between images
  std::vector<std::string> captions{}; ///< one above each image; empty if there are none
};

/// An encoded picture and its shape.
struct Png {
  int64_t height, width, channels;
  std::string bytes;
};
/// If `fast`, the file becomes larger but encoding takes less time, for use while training waits.
Png encodePng(const Grid &grid, bool fast = false);

/// Encodes the grid and writes it. Throws UserError with the path.
void writePng(const std::string &path, const Grid &grid, Durable durable = Durable::AtOnce);

} // namespace ganrt
