#include "runtime/report/EventFile.h"
#include "runtime/base/Error.h"

#include <algorithm>
#include <boost/crc.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <protozero/pbf_writer.hpp>
#include <unistd.h>

namespace ganrt {
namespace {

// The numbers of the fields, from event.proto, summary.proto and tensor.proto of TensorFlow.
namespace event {
enum { wallTime = 1, step = 2, fileVersion = 3, summary = 5, sessionLog = 7 };
}
namespace sessionLog {
enum { status = 1, start = 1 };
}
namespace summary {
enum { value = 1, tag = 1, simpleValue = 2, image = 4, tensor = 8, metadata = 9 };
}
namespace image {
enum { height = 1, width = 2, colorspace = 3, encoded = 4 };
}
namespace metadata {
enum { pluginData = 1, pluginName = 1 };
}
namespace tensor {
enum { dtype = 1, shape = 2, stringValue = 8, stringType = 7 };
}
namespace shape {
enum { dimension = 2, size = 1 };
}

using Writer = protozero::pbf_writer;

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string eventAt(uint64_t iteration) {
  std::string bytes;
  Writer writer(bytes);
  writer.add_double(event::wallTime, now());
  writer.add_int64(event::step, int64_t(iteration));
  return bytes;
}

/// The path of a new file. Readers take the files of a folder in the order of their names, so the name must sort after
/// all existing ones, even if a run is resumed within the same second or the clock went backwards.
std::string nextPath(const std::string &folder) {
  const std::string prefix = "events.out.tfevents.";
  auto second = int64_t(now());
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (std::string name = it->path().filename().string(); name.rfind(prefix, 0) == 0)
      second = std::max(second, int64_t(std::strtoll(name.c_str() + prefix.size(), nullptr, 10)) + 1);
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return folder + "/" + prefix + std::to_string(second) + "." + host + "." + std::to_string(getpid()) + ".ganc";
}

} // namespace

uint32_t maskedCrc(const std::string &bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  uint32_t sum = crc.checksum();
  return ((sum >> 15) | (sum << 17)) + 0xa282ead8u;
}

EventFile::EventFile(const std::string &folder, uint64_t firstIteration)
    : path(nextPath(folder)), file(fopen(path.c_str(), "wbx")) {
  if (!file)
    throw UserError(path + ": cannot be written: " + std::strerror(errno));
  std::string first = eventAt(0);
  Writer(first).add_string(event::fileVersion, "brain.Event:2");
  record(first);
  // TensorBoard's server takes the first start record for that of the run, whatever its step, so each file has one.
  std::string start = eventAt(firstIteration);
  Writer whole(start);
  Writer(whole, event::sessionLog).add_enum(sessionLog::status, sessionLog::start);
  record(start);
}

EventFile::~EventFile() { fclose(file); }

void EventFile::record(const std::string &event) {
  if (broken)
    return;
  uint64_t size = event.size();
  std::string length(reinterpret_cast<const char *>(&size), sizeof size);
  uint32_t sums[] = {maskedCrc(length), maskedCrc(event)};
  std::string bytes = length + std::string(reinterpret_cast<const char *>(&sums[0]), 4) + event +
                      std::string(reinterpret_cast<const char *>(&sums[1]), 4);
  if (fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size())
    fail();
}

void EventFile::flush() {
  if (!broken && fflush(file))
    fail();
}

void EventFile::fail() {
  std::string reason = std::strerror(errno);
  broken = true;
  throw UserError(path + ": cannot be written: " + reason);
}

void EventFile::summary(uint64_t iteration, const std::string &value) {
  std::string event = eventAt(iteration);
  Writer whole(event);
  Writer(whole, event::summary).add_message(summary::value, value);
  record(event);
}

void EventFile::scalar(const std::string &tag, uint64_t iteration, double value) {
  std::string bytes;
  Writer writer(bytes);
  writer.add_string(summary::tag, tag);
  writer.add_float(summary::simpleValue, float(value));
  summary(iteration, bytes);
}

void EventFile::image(const std::string &tag, uint64_t iteration, int64_t height, int64_t width, int64_t channels,
                      const std::string &png) {
  std::string bytes;
  Writer writer(bytes);
  writer.add_string(summary::tag, tag);
  {
    Writer picture(writer, summary::image);
    picture.add_int32(image::height, int32_t(height));
    picture.add_int32(image::width, int32_t(width));
    picture.add_int32(image::colorspace, int32_t(channels));
    picture.add_bytes(image::encoded, png);
  }
  summary(iteration, bytes);
}

void EventFile::text(const std::string &tag, uint64_t iteration, const std::string &words) {
  std::string bytes;
  Writer writer(bytes);
  writer.add_string(summary::tag, tag);
  {
    Writer value(writer, summary::tensor);
    value.add_enum(tensor::dtype, tensor::stringType);
    {
      Writer dimensions(value, tensor::shape);
      Writer(dimensions, shape::dimension).add_int64(shape::size, 1);
    }
    value.add_bytes(tensor::stringValue, words);
  }
  {
    Writer about(writer, summary::metadata);
    Writer(about, metadata::pluginData).add_string(metadata::pluginName, "text");
  }
  summary(iteration, bytes);
}

} // namespace ganrt
