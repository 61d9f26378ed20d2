// Grids of images as PNG files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ganrt {

/// Images as bytes (height, width, channels), row by row of the grid; gaps are dark grey. One channel is grey, three
/// RGB.
struct Grid {
  int64_t height = 0, width = 0, channels = 1, columns = 8;
  std::vector<std::vector<uint8_t>> images;
};

/// Values of [lo, hi] to bytes; outside they are clipped.
std::vector<uint8_t> toBytes(const float *values, size_t count, double lo, double hi);

/// Throws UserError with the path.
void writePng(const std::string &path, const Grid &grid);

} // namespace ganrt
