#include "runtime/Idx.h"
#include "runtime/Error.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <sys/stat.h>
#include <zlib.h>

namespace ganrt {
namespace {

bool exists(const std::string &path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

/// The file under its plain or its compressed name; "" where there is neither.
std::string findFile(const std::string &folder, const std::string &name) {
  for (const char *end : {"", ".gz"})
    if (exists(folder + "/" + name + end))
      return folder + "/" + name + end;
  return "";
}

/// zlib reads plain files as they are.
class IdxFile {
public:
  explicit IdxFile(const std::string &path) : path(path), file(gzopen(path.c_str(), "rb"), gzclose) {
    if (!file)
      throw UserError(path + ": cannot be opened: " + std::strerror(errno));
    gzbuffer(file.get(), 1 << 17);
  }
  void read(void *to, size_t bytes) {
    size_t done = 0;
    while (done < bytes) {
      int got = gzread(file.get(), static_cast<char *>(to) + done, unsigned(std::min<size_t>(bytes - done, 1 << 20)));
      if (got <= 0) {
        int code = Z_OK;
        gzerror(file.get(), &code);
        throw UserError(path + (code == Z_OK || code == Z_BUF_ERROR
                                    ? ": is truncated: " + std::to_string(bytes - done) + " bytes are missing"
                                    : std::string(": the compressed data is corrupt")));
      }
      done += size_t(got);
    }
  }
  uint32_t word() {
    uint8_t b[4];
    read(b, 4);
    return uint32_t(b[0]) << 24 | uint32_t(b[1]) << 16 | uint32_t(b[2]) << 8 | b[3];
  }
  void magic(uint32_t dimensions) {
    uint32_t m = word();
    if (m != (0x800u | dimensions))
      throw UserError(path + ": is not an IDX file of unsigned bytes with " + std::to_string(dimensions) +
                      " dimensions");
  }
  /// A damaged checksum shows only at the end.
  void end() {
    char rest;
    if (gzread(file.get(), &rest, 1) != 0)
      throw UserError(path + ": has more data than its header says, or is corrupt at its end");
  }

private:
  std::string path;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file;
};

void readLabels(const std::string &path, Dataset &data) {
  IdxFile file(path);
  file.magic(1);
  uint32_t count = file.word();
  if (count != uint64_t(data.count))
    throw UserError(path + ": has " + std::to_string(count) + " labels for " + std::to_string(data.count) + " images");
  std::vector<uint8_t> bytes(count);
  file.read(bytes.data(), count);
  file.end();
  data.labels.assign(bytes.begin(), bytes.end());
}

} // namespace

bool isIdxFolder(const std::string &folder) { return !findFile(folder, "train-images-idx3-ubyte").empty(); }

Dataset readIdxFolder(const std::string &folder, Part part, const WantedData &wanted, std::string &note) {
  std::string prefix = part == Part::Train ? "train" : "t10k", images = findFile(folder, prefix + "-images-idx3-ubyte");
  Dataset data;
  data.origin = folder;
  if (images.empty()) {
    if (part == Part::Test)
      return data;
    throw UserError("--data " + folder + ": holds no train-images-idx3-ubyte or train-images-idx3-ubyte.gz");
  }
  IdxFile file(images);
  file.magic(3);
  uint32_t count = file.word(), height = file.word(), width = file.word();
  if (!count || !height || !width || height > 16384 || width > 16384 || count > 100000000)
    throw UserError(images + ": its header says " + std::to_string(count) + " images of " + std::to_string(height) +
                    " x " + std::to_string(width));
  WantedData target = wanted;
  if (wanted.vector) {
    if (int64_t(height) * width != wanted.width)
      throw UserError(images + ": has " + std::to_string(height) + " x " + std::to_string(width) +
                      " numbers an image, the model's vector " + std::to_string(wanted.width));
    target.height = height, target.width = width;
  }
  bool resize = target.height != height || target.width != width || target.channels != 1;
  if (resize && part == Part::Train)
    note = "images of 1 x " + std::to_string(height) + " x " + std::to_string(width) + " are cropped and resized to " +
           std::to_string(target.channels) + " x " + std::to_string(target.height) + " x " +
           std::to_string(target.width);
  data = emptyDataset(target, false);
  data.count = count, data.origin = folder;
  std::vector<uint8_t> one(size_t(height) * width), fitted(size_t(data.imageBytes()));
  for (uint32_t i = 0; i < count; ++i) {
    file.read(one.data(), one.size());
    if (resize)
      resizeImage(one.data(), 1, height, width, target, fitted.data());
    data.store->append(resize ? fitted.data() : one.data());
  }
  file.end();
  if (std::string labels = findFile(folder, prefix + "-labels-idx1-ubyte");
      !labels.empty() && (wanted.classes || wanted.compare))
    readLabels(labels, data);
  return data;
}

} // namespace ganrt
