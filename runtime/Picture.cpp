#include "runtime/Picture.h"
#include "runtime/Error.h"
#include "runtime/Files.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <png.h>

namespace ganrt {

std::vector<uint8_t> toBytes(const float *values, size_t count, double lo, double hi) {
  std::vector<uint8_t> bytes(count);
  for (size_t i = 0; i < count; ++i)
    bytes[i] = uint8_t(std::lround(std::clamp((values[i] - lo) / (hi - lo), 0.0, 1.0) * 255));
  return bytes;
}

void writePng(const std::string &path, const Grid &grid) {
  constexpr int64_t gap = 2;
  int64_t columns = std::min<int64_t>(grid.columns, int64_t(grid.images.size()));
  int64_t rows = (int64_t(grid.images.size()) + columns - 1) / columns, channels = grid.channels == 3 ? 3 : 1;
  int64_t width = columns * (grid.width + gap) + gap, height = rows * (grid.height + gap) + gap;
  std::vector<uint8_t> pixels(size_t(width * height * channels), 40);
  for (size_t i = 0; i < grid.images.size(); ++i)
    for (int64_t y = 0; y < grid.height; ++y)
      for (int64_t x = 0; x < grid.width; ++x) {
        int64_t top = gap + int64_t(i) / columns * (grid.height + gap) + y,
                left = gap + int64_t(i) % columns * (grid.width + gap) + x;
        memcpy(&pixels[size_t((top * width + left) * channels)],
               &grid.images[i][size_t((y * grid.width + x) * grid.channels)], size_t(channels));
      }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = png_uint_32(width);
  image.height = png_uint_32(height);
  image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t bytes = 0;
  std::vector<uint8_t> encoded;
  bool fine = png_image_write_get_memory_size(image, bytes, 0, pixels.data(), 0, nullptr) != 0;
  if (fine) {
    encoded.resize(bytes);
    fine = png_image_write_to_memory(&image, encoded.data(), &bytes, 0, pixels.data(), 0, nullptr) != 0;
  }
  if (!fine)
    throw UserError(path + ": the picture cannot be encoded");
  NewFile file(path);
  file.write(encoded.data(), bytes);
  file.commit();
}

} // namespace ganrt
