#include "runtime/generate/Picture.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/generate/Font.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <png.h>

namespace ganrt {

namespace {

constexpr uint8_t ink = 220;

struct Canvas {
  int64_t height, width, channels;
  std::vector<uint8_t> pixels;
  uint8_t *at(int64_t y, int64_t x) { return &pixels[size_t((y * width + x) * channels)]; }
  /// Paints an opaque grey pixel.
  void paint(int64_t y, int64_t x, uint8_t grey) {
    memset(at(y, x), grey, size_t(channels));
    if (channels % 2 == 0)
      at(y, x)[channels - 1] = 255;
  }
};

/// Writes as many letters as there is room for.
void write(Canvas &canvas, const std::string &text, int64_t top, int64_t left, int64_t room) {
  int64_t step = letterWidth + 1, fits = room / step;
  for (int64_t i = 0; i < std::min<int64_t>(fits, int64_t(text.size())); ++i)
    for (int64_t y = 0; y < letterHeight; ++y)
      for (int64_t x = 0; x < letterWidth; ++x)
        if (inked(text[size_t(i)], y, x))
          canvas.paint(top + y, left + i * step + x, ink);
}

Canvas draw(const Grid &grid) {
  int64_t columns = std::min<int64_t>(grid.columns, int64_t(grid.images.size())), gap = grid.padding,
          head = grid.captions.empty() ? 0 : letterHeight + 2, channels = grid.channels;
  int64_t rows = (int64_t(grid.images.size()) + columns - 1) / columns;
  Canvas canvas{rows * (head + grid.height + gap) + gap, columns * (grid.width + gap) + gap, channels, {}};
  canvas.pixels.resize(size_t(canvas.height * canvas.width * channels));
  for (int64_t y = 0; y < canvas.height; ++y)
    for (int64_t x = 0; x < canvas.width; ++x)
      canvas.paint(y, x, Grid::background);
  for (size_t i = 0; i < grid.images.size(); ++i) {
    int64_t top = gap + int64_t(i) / columns * (head + grid.height + gap),
            left = gap + int64_t(i) % columns * (grid.width + gap);
    if (i < grid.captions.size())
      write(canvas, grid.captions[i], top, left, grid.width);
    for (int64_t y = 0; y < grid.height; ++y)
      for (int64_t x = 0; x < grid.width; ++x)
        memcpy(canvas.at(top + head + y, left + x), &grid.images[i][size_t((y * grid.width + x) * grid.channels)],
               size_t(channels));
  }
  return canvas;
}

} // namespace

Png encodePng(const Grid &grid, bool fast) {
  Canvas canvas = draw(grid);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = png_uint_32(canvas.width);
  image.height = png_uint_32(canvas.height);
  static constexpr png_uint_32 formats[] = {PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB, PNG_FORMAT_RGBA};
  image.format = formats[canvas.channels - 1];
  image.flags = fast ? PNG_IMAGE_FLAG_FAST : 0;
  png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
  Png png{canvas.height, canvas.width, canvas.channels, std::string(bytes, 0)};
  if (!png_image_write_to_memory(&image, png.bytes.data(), &bytes, 0, canvas.pixels.data(), 0, nullptr))
    throw UserError(std::string("a picture cannot be encoded: ") + image.message);
  png.bytes.resize(bytes);
  return png;
}

void writePng(const std::string &path, const Grid &grid, Durable durable) {
  Png png = encodePng(grid);
  NewFile file(path);
  file.write(png.bytes.data(), png.bytes.size());
  file.commit(durable);
}

} // namespace ganrt
