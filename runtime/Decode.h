// One image file to bytes: PNG by libpng, JPEG by libjpeg.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ganrt {

struct Decoded {
  int64_t height = 0, width = 0, channels = 0; ///< 1 or 3
  std::vector<uint8_t> pixels;                 ///< (height, width, channels)
};

/// Whether the name ends as one of the formats' does.
bool isImageName(const std::string &path);

/// Decodes a file; false, with what is wrong, where it is damaged, incomplete or neither format.
bool decodeImage(const std::string &path, Decoded &out, std::string &why);

} // namespace ganrt
