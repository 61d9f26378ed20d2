// How Decode asks a format's library: first for the header, then for the pixels. The libraries leave by longjmp where
// something is wrong, so each of their calls stands in a function that has nothing to destroy.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

namespace ganrt {

class ImageReader {
public:
  virtual ~ImageReader() = default;
  /// False, with `why`, where the file is damaged. The fields below are set.
  virtual bool readHeader() = 0;
  /// Writes (height, width, channels) bytes.
  virtual bool readPixels(uint8_t *out) = 0;
  /// 1 to 8, as EXIF says, known after the pixels.
  virtual int orientation() const = 0;

  int64_t height = 0, width = 0, channels = 0;
  size_t workingBytes = 0; ///< that the library takes for itself, where they grow with the image
  std::string why;
  bool outOfMemory = false; ///< it failed for that
};

std::unique_ptr<ImageReader> pngReader(FILE *file);
std::unique_ptr<ImageReader> jpegReader(FILE *file);

/// The orientation in an EXIF block, which begins with the header of a TIFF file; 1 (as it is) where there is none.
int exifOrientation(const uint8_t *exif, size_t size);

} // namespace ganrt
