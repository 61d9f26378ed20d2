// The interface through which Decode uses a format's library: first for the header, then for the pixels. The libraries
// report errors by longjmp, so their calls stand in functions without objects to destroy.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

namespace ganrt {

class ImageReader {
public:
  virtual ~ImageReader() = default;
  /// Reads the header and sets the fields below. Returns false and sets `why` if the file is damaged.
  virtual bool readHeader() = 0;
  /// Writes (height, width, channels) bytes.
  virtual bool readPixels(uint8_t *out) = 0;
  /// EXIF's orientation, 1 to 8; known after readPixels.
  virtual int orientation() const = 0;

  int64_t height = 0, width = 0, channels = 0;
  size_t workingBytes = 0; ///< memory that the library itself takes, if that grows with the image
  std::string why;
  bool outOfMemory = false; ///< whether that is why it failed
};

std::unique_ptr<ImageReader> pngReader(FILE *file);
std::unique_ptr<ImageReader> jpegReader(FILE *file);

/// The orientation in an EXIF block, which begins with the header of a TIFF file; 1 (not turned) if it has none.
int exifOrientation(const uint8_t *exif, size_t size);

} // namespace ganrt
