// Event files of TensorBoard: records of protocol buffers (tensorflow/core/util/event.proto), each with its length and
// checksums (TFRecord). A record that a kill has cut is passed over by the reader.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>

namespace ganrt {

/// After a record that could not be written none follows: readers stop at the first broken one.
class EventFile {
public:
  /// A file of its own in `folder`, read after those that are there. Readers drop what those say of `firstIteration`,
  /// where a run is resumed, and of later ones. Throws UserError with the path, as do all others.
  EventFile(const std::string &folder, uint64_t firstIteration);
  ~EventFile();
  EventFile(const EventFile &) = delete;
  EventFile &operator=(const EventFile &) = delete;

  void scalar(const std::string &tag, uint64_t iteration, double value);
  /// `png`: an encoded picture.
  void image(const std::string &tag, uint64_t iteration, int64_t height, int64_t width, int64_t channels,
             const std::string &png);
  /// Markdown.
  void text(const std::string &tag, uint64_t iteration, const std::string &words);
  void flush();

private:
  void summary(uint64_t iteration, const std::string &value);
  void record(const std::string &event);
  [[noreturn]] void fail();

  std::string path;
  FILE *file;
  std::atomic<bool> broken = false;
};

/// CRC-32C (Castagnoli), as TFRecord masks it.
uint32_t maskedCrc(const std::string &bytes);

} // namespace ganrt
