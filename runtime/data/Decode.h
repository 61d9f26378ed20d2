// One image file to bytes: PNG by libpng, JPEG by libjpeg.
//
// A value is what the file holds divided by the largest that it could hold, rounded to a byte: notes on gamma and
// colour spaces (gAMA, sRGB, cHRM, iCCP) change nothing. The image is turned as its EXIF orientation says, as a viewer
// shows it.
#pragma once

#include "runtime/base/MemoryBudget.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ganrt {

struct Decoded {
  int64_t height = 0, width = 0, channels = 0;
  int64_t fileChannels = 0;     ///< that the file has
  MemoryBudget::Share memory{}; ///< that the decoding took; goes after the pixels
  std::vector<uint8_t> pixels;  ///< (height, width, channels)
};

/// Whether the name ends as one of the formats' does.
bool isImageName(const std::string &path);

/// Decodes a file to 1 to 4 channels (Fit.h), when the budget has room for it; false, with what is wrong, where it is
/// damaged, incomplete or neither format. Throws UserError where there is too little memory.
bool decodeImage(const std::string &path, int64_t channels, MemoryBudget &budget, Decoded &out, std::string &why);

} // namespace ganrt
