// Decodes one image file to bytes: PNG with libpng, JPEG with libjpeg.
//
// A value is the file's sample divided by the largest possible sample, rounded to a byte. Information about gamma and
// colour spaces (gAMA, sRGB, cHRM, iCCP) is ignored. The image is turned as its EXIF orientation says, so that it
// stands as a viewer shows it.
#pragma once

#include "runtime/base/MemoryBudget.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ganrt {

struct Decoded {
  int64_t height = 0, width = 0, channels = 0;
  int64_t fileChannels = 0;     ///< channels in the file
  MemoryBudget::Share memory{}; ///< memory that decoding took; declared first: given back after the pixels are freed
  std::vector<uint8_t> pixels;  ///< (height, width, channels)
};

/// Whether the name has the ending of one of the formats.
bool isImageName(const std::string &path);

/// Decodes a file to 1 to 4 channels (Fit.h), after waiting until the budget has room for it. Returns false and sets
/// `why` if the file is damaged, incomplete or of neither format. Throws UserError if there is too little memory.
bool decodeImage(const std::string &path, int64_t channels, MemoryBudget &budget, Decoded &out, std::string &why);

} // namespace ganrt
