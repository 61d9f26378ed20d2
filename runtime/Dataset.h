// Images held as bytes in the size that the model declares, with labels where the source has them.
#pragma once

#include "runtime/program.h"

#include <string>
#include <vector>

namespace ganrt {

struct Dataset {
  int64_t count = 0, channels = 1, height = 0, width = 0;
  std::vector<uint8_t> pixels; ///< (count, height, width, channels)
  std::vector<int32_t> labels; ///< empty where there are none
  std::string origin;          ///< path, for messages

  int64_t imageBytes() const { return channels * height * width; }
};

enum class Part { Train, Test };

/// What a model wants of its data.
struct WantedData {
  int64_t channels = 1, height = 1, width = 1; ///< of the image; a vector(n) is 1 x n
  bool vector = false;
  int64_t classes = 0; ///< of the labels, 0: not needed
};
WantedData wantedData(const gan_graph &graph);

/// Reads `where`: builtin:glyphs, or a folder with the IDX files of MNIST's family, plain or gzip. Images of another
/// size are centre-cropped to the wanted aspect and resized, which `note` tells. The test part is empty where the
/// source has none. Throws UserError with the path.
Dataset loadData(const std::string &where, Part part, const WantedData &wanted, uint64_t seed, std::string &note);

/// Writes image `i` scaled to [lo, hi] in (height, width, channels) order.
void scaledImage(const Dataset &data, int64_t i, double lo, double hi, float *out);

/// Centre crop to the wanted aspect, then area averages (smaller) or bilinear (larger); channels by luma or repetition.
void resizeImage(const uint8_t *in, int64_t channels, int64_t height, int64_t width, const WantedData &wanted,
                 uint8_t *out);

} // namespace ganrt
