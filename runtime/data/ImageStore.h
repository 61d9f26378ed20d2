// Stores images of one size, which are appended in order and read by number. They lie in memory up to a budget, and
// beyond it in a temporary file without a name, which disappears with the process. The system caches as much of the
// file as there is memory for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ganrt {

class ImageStore {
public:
  /// `bytesEach` is the size of an image, `budget` the bytes of memory to use.
  ImageStore(size_t bytesEach, size_t budget);
  ~ImageStore();
  ImageStore(const ImageStore &) = delete;
  ImageStore &operator=(const ImageStore &) = delete;

  /// Throws UserError with the temporary folder if the disk is full.
  void append(const void *image);
  /// Image `i`, which lies in memory or is read into `buffer`. Several threads may read at once, each with its own
  /// buffer. Throws UserError if the disk fails.
  const uint8_t *view(size_t i, std::vector<uint8_t> &buffer) const;
  size_t count() const { return images; }
  size_t inMemory() const { return std::min(images, most); }

private:
  void openFile();
  void flush();

  size_t bytesEach, perBlock, most, images = 0; ///< most: how many images stay in memory
  struct Free {
    void operator()(uint8_t *block) const;
  };
  std::vector<std::unique_ptr<uint8_t, Free>> blocks; ///< each of perBlock images
  std::vector<uint8_t> pending;                       ///< images that are not yet written to the file
  std::string folder;
  int file = -1;
  size_t written = 0; ///< images in the file
};

/// Prefetches an image that will be read soon: images are read in a random order, which the processor cannot predict.
void expectImage(const uint8_t *image, size_t bytes);

/// Bytes that data may take by default: a quarter of the memory that this process may use.
size_t usualDataMemory();

} // namespace ganrt
