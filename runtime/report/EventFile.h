// Writes event files of TensorBoard: records of protocol buffers (tensorflow/core/util/event.proto), each with its
// length and checksums (TFRecord). Readers skip a record that is cut short because the process was killed.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>

namespace ganrt {

/// After a record that could not be written no others are written, because readers stop at the first broken one.
class EventFile {
public:
  /// Makes a new file in `folder`, which readers read after the existing ones. `firstIteration` is where a run is
  /// resumed: readers drop what the older files say about this and later iterations. All members throw UserError with
  /// the path if writing fails.
  EventFile(const std::string &folder, uint64_t firstIteration);
  ~EventFile();
  EventFile(const EventFile &) = delete;
  EventFile &operator=(const EventFile &) = delete;

  void scalar(const std::string &tag, uint64_t iteration, double value);
  /// `png` is an encoded picture.
  void image(const std::string &tag, uint64_t iteration, int64_t height, int64_t width, int64_t channels,
             const std::string &png);
  /// `words` may be Markdown.
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

/// The CRC-32C (Castagnoli), masked as in TFRecord.
uint32_t maskedCrc(const std::string &bytes);

} // namespace ganrt
