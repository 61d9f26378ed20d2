#include "runtime/data/Decode.h"
#include "runtime/base/Error.h"
#include "runtime/data/Fit.h"
#include "runtime/data/ImageReader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

namespace ganrt {
namespace {

/// The largest side of an image that is read, so that a damaged header cannot take up all memory.
constexpr int64_t largestSide = 16384;

using File = std::unique_ptr<FILE, int (*)(FILE *)>;

/// The reader for the format that the file's first bytes indicate; null, and `why` is set, if there is none.
std::unique_ptr<ImageReader> openReader(FILE *file, std::string &why) {
  constexpr uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, jpeg[] = {0xff, 0xd8};
  uint8_t start[sizeof png] = {};
  size_t got = fread(start, 1, sizeof start, file);
  if (ferror(file)) {
    why = std::strerror(errno);
    return nullptr;
  }
  rewind(file);
  if (got == sizeof png && std::equal(png, png + sizeof png, start))
    return pngReader(file);
  if (got >= sizeof jpeg && std::equal(jpeg, jpeg + sizeof jpeg, start))
    return jpegReader(file);
  why = got ? "it is neither PNG nor JPEG" : "it is empty";
  return nullptr;
}

/// Where pixel (y, x) of the turned image lies in the file's image: at `start` + y * `down` + x * `right`.
struct Turn {
  int64_t height, width, start, down, right;
};

/// EXIF's orientations say on which sides the first row and the first column of the file belong.
Turn turned(int orientation, int64_t height, int64_t width) {
  bool sideways = orientation >= 5;
  bool fromBelow = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  bool fromRight = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  int64_t row = fromBelow ? -width : width, column = fromRight ? -1 : 1;
  int64_t start = (fromBelow ? (height - 1) * width : 0) + (fromRight ? width - 1 : 0);
  if (sideways)
    return {width, height, start, column, row};
  return {height, width, start, row, column};
}

/// Turns the pixels of the file to their upright position and converts them to the wanted channels.
void arrange(Decoded &image, int orientation, int64_t channels) {
  if (orientation == 1 && channels == image.fileChannels)
    return;
  Turn turn = turned(orientation, image.height, image.width);
  std::vector<uint8_t> out(size_t(turn.height * turn.width * channels));
  uint8_t *to = out.data();
  if (orientation == 1)
    convertChannels(image.pixels.data(), image.fileChannels, size_t(image.height * image.width), channels, to);
  else
    for (int64_t y = 0; y < turn.height; ++y)
      for (int64_t x = 0; x < turn.width; ++x, to += channels)
        convertChannels(&image.pixels[size_t((turn.start + y * turn.down + x * turn.right) * image.fileChannels)],
                        image.fileChannels, 1, channels, to);
  image.pixels = std::move(out);
  image.height = turn.height, image.width = turn.width;
}

bool decode(ImageReader &reader, int64_t channels, MemoryBudget &budget, Decoded &out) {
  if (!reader.readHeader())
    return false;
  out.height = reader.height, out.width = reader.width, out.fileChannels = reader.channels;
  if (out.height <= 0 || out.width <= 0 || std::max(out.height, out.width) > largestSide) {
    reader.why = "its header says " + std::to_string(out.height) + " x " + std::to_string(out.width) +
                 " pixels, and sides of at most " + std::to_string(largestSide) + " are read";
    return false;
  }
  // The memory for the image as it lies in the file and for the arranged one.
  size_t area = size_t(out.height * out.width);
  out.memory = budget.take(area * size_t(out.fileChannels + channels) + reader.workingBytes);
  out.pixels.resize(area * size_t(out.fileChannels));
  if (!reader.readPixels(out.pixels.data()))
    return false;
  arrange(out, reader.orientation(), channels);
  out.channels = channels;
  return true;
}

[[noreturn]] void tooLittleMemory(const std::string &path, const Decoded &image) {
  throw UserError(path + ": there is too little memory to decode its " + std::to_string(image.height) + " x " +
                  std::to_string(image.width) + " pixels");
}

} // namespace

bool isImageName(const std::string &path) {
  std::string end = path.substr(path.rfind('.') + 1);
  std::transform(end.begin(), end.end(), end.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return end == "png" || end == "jpg" || end == "jpeg";
}

bool decodeImage(const std::string &path, int64_t channels, MemoryBudget &budget, Decoded &out, std::string &why) {
  File file(fopen(path.c_str(), "rb"), fclose);
  if (!file) {
    why = std::strerror(errno);
    return false;
  }
  std::unique_ptr<ImageReader> reader = openReader(file.get(), why);
  if (!reader)
    return false;
  try {
    if (decode(*reader, channels, budget, out))
      return true;
  } catch (const std::bad_alloc &) {
    tooLittleMemory(path, out);
  }
  if (reader->outOfMemory)
    tooLittleMemory(path, out);
  why = reader->why;
  return false;
}

} // namespace ganrt
