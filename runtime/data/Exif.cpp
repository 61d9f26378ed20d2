// Reads the orientation, the one entry of EXIF that changes how an image looks.
#include "runtime/data/ImageReader.h"

namespace ganrt {
namespace {

/// Reads numbers of a TIFF file in the byte order that it states. A number beyond the end is zero.
class Tiff {
public:
  Tiff(const uint8_t *data, size_t size) : data(data), size(size), little(size > 0 && data[0] == 'I') {}
  unsigned number(size_t at, size_t bytes) const {
    unsigned value = 0;
    if (at > size || size - at < bytes)
      return 0;
    for (size_t i = 0; i < bytes; ++i)
      value = value << 8 | data[little ? at + bytes - 1 - i : at + i];
    return value;
  }

private:
  const uint8_t *data;
  size_t size;
  bool little;
};

} // namespace

int exifOrientation(const uint8_t *exif, size_t size) {
  constexpr unsigned orientationTag = 0x112, shortType = 3, longType = 4, entryBytes = 12;
  if (size < 8 || exif[0] != exif[1] || (exif[0] != 'I' && exif[0] != 'M'))
    return 1;
  Tiff tiff(exif, size);
  size_t directory = tiff.number(4, 4);
  for (size_t i = 0, count = tiff.number(directory, 2); i < count; ++i) {
    size_t entry = directory + 2 + i * entryBytes;
    unsigned type = tiff.number(entry + 2, 2);
    if (tiff.number(entry, 2) != orientationTag || (type != shortType && type != longType))
      continue;
    unsigned value = tiff.number(entry + 8, type == shortType ? 2 : 4);
    return value >= 1 && value <= 8 ? int(value) : 1;
  }
  return 1;
}

} // namespace ganrt
