// Images of one size, appended in order and read by number: in memory up to a budget, beyond it in a temporary file
// that has no name and goes away with the process. The system keeps of the file what there is memory for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ganrt {

class ImageStore {
public:
  /// `bytesEach`: of an image. `budget`: bytes of memory.
  ImageStore(size_t bytesEach, size_t budget);
  ~ImageStore();
  ImageStore(const ImageStore &) = delete;
  ImageStore &operator=(const ImageStore &) = delete;

  /// Throws UserError with the temporary folder where the disk is full.
  void append(const void *image);
  /// Image `i`, in memory or read into `buffer`. Threads may read at once, each with a buffer of its own. Throws
  /// UserError where the disk fails.
  const uint8_t *view(size_t i, std::vector<uint8_t> &buffer) const;
  size_t count() const { return images; }
  size_t inMemory() const { return std::min(images, most); }

private:
  void openFile();
  void flush();

  size_t bytesEach, perBlock, most, images = 0; ///< most: that stay in memory
  struct Free {
    void operator()(uint8_t *block) const;
  };
  std::vector<std::unique_ptr<uint8_t, Free>> blocks; ///< of perBlock images each
  std::vector<uint8_t> pending;                       ///< on their way to the file
  std::string folder;
  int file = -1;
  size_t written = 0; ///< images in the file
};

/// The image at `image` will be read soon: images are taken in a random order, which no cache foresees.
void expectImage(const uint8_t *image, size_t bytes);

/// Bytes that data may take where the user says nothing: a quarter of the memory that this machine or its group has.
size_t usualDataMemory();

} // namespace ganrt
