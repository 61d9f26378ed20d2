#include "runtime/Arrays.h"
#include "runtime/Error.h"
#include "runtime/Files.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <sstream>

#include <minizip/unzip.h>

namespace ganrt {
namespace {

/// What the header says.
struct NumpyArray {
  std::vector<int64_t> shape;
  char kind = 0; ///< u, i, f, b
  size_t width = 0;

  int64_t count() const { return shape.empty() ? 0 : shape[0]; }
  double number(const uint8_t *p) const {
    auto as = [&](auto v) {
      memcpy(&v, p, sizeof v);
      return double(v);
    };
    if (kind == 'f')
      return width == 4 ? as(float()) : as(double());
    if (kind == 'i')
      return width == 1 ? as(int8_t()) : width == 2 ? as(int16_t()) : width == 4 ? as(int32_t()) : as(int64_t());
    return width == 1 ? as(uint8_t()) : width == 2 ? as(uint16_t()) : width == 4 ? as(uint32_t()) : as(uint64_t());
  }
};

/// Bytes that are read from front to back: an .npy, or one in an .npz. Data sets may be larger than memory.
class Bytes {
public:
  virtual ~Bytes() = default;
  /// Throws UserError where so many are not there.
  virtual void read(void *to, size_t count) = 0;
  const std::string name; ///< for messages
  const uint64_t size;

protected:
  Bytes(std::string name, uint64_t size) : name(std::move(name)), size(size) {}
};

class FileBytes : public Bytes {
public:
  explicit FileBytes(const std::string &path)
      : Bytes(path, std::filesystem::file_size(path)), file(openFile(path), fclose) {}
  void read(void *to, size_t count) override {
    if (fread(to, 1, count, file.get()) != count)
      throw UserError(name + ": is cut off");
  }

private:
  std::unique_ptr<FILE, int (*)(FILE *)> file;
};

class ArchiveBytes : public Bytes {
public:
  /// Member `key` of the archive that `file` stands at.
  ArchiveBytes(const std::string &path, const std::string &key, std::shared_ptr<void> archive, uint64_t size)
      : Bytes(path + " (" + key + ")", size), archive(std::move(archive)) {
    if (unzOpenCurrentFile(this->archive.get()) != UNZ_OK)
      throw UserError(name + ": is corrupt");
  }
  ~ArchiveBytes() override { unzCloseCurrentFile(archive.get()); }
  void read(void *to, size_t count) override {
    for (size_t done = 0; done < count;) {
      int got = unzReadCurrentFile(archive.get(), static_cast<char *>(to) + done,
                                   unsigned(std::min<size_t>(count - done, 1 << 20)));
      if (got <= 0)
        throw UserError(name + ": is corrupt");
      done += size_t(got);
      left -= size_t(got);
    }
    // A damaged checksum shows only when all is read.
    if (left == 0 && unzCloseCurrentFile(archive.get()) == UNZ_CRCERROR)
      throw UserError(name + ": is corrupt");
  }

private:
  std::shared_ptr<void> archive;
  uint64_t left = size;
};

/// The value after `key` in the header's dictionary, up to the next comma outside brackets.
std::string headerValue(const std::string &header, const std::string &key) {
  size_t at = header.find("'" + key + "'");
  at = at == std::string::npos ? at : header.find(':', at);
  size_t begin = at == std::string::npos ? at : header.find_first_not_of(' ', at + 1);
  if (begin == std::string::npos)
    return "";
  size_t end = header.find(header[begin] == '(' ? ')' : ',', begin);
  return header.substr(begin, end == std::string::npos ? end : end - begin);
}

/// Reads the header (numpy.lib.format, versions 1 to 3); what follows are the numbers.
NumpyArray readHeader(Bytes &bytes) {
  auto wrong = [&](const std::string &why) { return UserError(bytes.name + ": " + why); };
  uint8_t start[10], more[2] = {0, 0};
  if (bytes.size < 12)
    throw wrong("is not an array of NumPy (.npy)");
  bytes.read(start, sizeof start);
  if (memcmp(start, "\x93NUMPY", 6) != 0)
    throw wrong("is not an array of NumPy (.npy)");
  uint64_t begin = 10;
  if (start[6] > 1)
    bytes.read(more, 2), begin = 12;
  size_t length = start[8] | start[9] << 8 | size_t(more[0]) << 16 | size_t(more[1]) << 24;
  if (begin + length > bytes.size || length > 1 << 20)
    throw wrong("is cut off in its header");
  std::string header(length, 0);
  bytes.read(header.data(), length);
  NumpyArray a;
  std::string type = headerValue(header, "descr"), shape = headerValue(header, "shape");
  size_t quote = type.find('\'');
  if (quote == std::string::npos || type.size() < quote + 4)
    throw wrong("its header has no type that is known");
  a.kind = type[quote + 2];
  a.width = size_t(type[quote + 3] - '0');
  bool known = a.kind && std::strchr("uifb", a.kind) &&
               (a.width == 1 || a.width == 2 || a.width == 4 || a.width == 8) && type[quote + 1] != '>' &&
               !(a.kind == 'f' && a.width < 4);
  if (!known)
    throw wrong("holds numbers of type " + type + "; bytes, integers, and floats of 4 or 8 bytes are read");
  if (headerValue(header, "fortran_order").find("True") != std::string::npos)
    throw wrong("is in Fortran order; save numpy.ascontiguousarray of it");
  std::replace_if(
      shape.begin(), shape.end(), [](char c) { return !std::isdigit(uint8_t(c)); }, ' ');
  std::istringstream sizes(shape);
  double total = double(a.width);
  for (int64_t size = 0; sizes >> size; total *= double(size))
    a.shape.push_back(size);
  if (total != double(bytes.size - begin - length))
    throw wrong("has " + std::to_string(bytes.size - begin - length) + " bytes of numbers, its header says otherwise");
  return a;
}

std::unique_ptr<Bytes> openArray(const std::string &path) {
  if (!std::filesystem::is_regular_file(path))
    throw UserError(path + ": cannot be opened");
  return std::make_unique<FileBytes>(path);
}

/// The first of these that the archive has; null where it has none.
std::unique_ptr<Bytes> openMember(const std::string &path, const std::string &key) {
  std::shared_ptr<void> archive(unzOpen64(path.c_str()), [](void *file) {
    if (file)
      unzClose(file);
  });
  if (!archive)
    throw UserError(path + ": cannot be opened as an .npz (zip) archive");
  unz_file_info64 info;
  if (unzLocateFile(archive.get(), (key + ".npy").c_str(), 1) != UNZ_OK)
    return nullptr;
  if (unzGetCurrentFileInfo64(archive.get(), &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK)
    throw UserError(path + ": " + key + ".npy in it is corrupt");
  return std::make_unique<ArchiveBytes>(path, key + ".npy", archive, info.uncompressed_size);
}

std::string shapeText(const NumpyArray &a) {
  std::string text;
  for (int64_t d : a.shape)
    text += (text.empty() ? "(" : ", ") + std::to_string(d);
  return text + ")";
}

/// Where the dimensions of an array's image lie.
struct ImageShape {
  int64_t channels = 1, height = 1, width = 1;
  bool channelsFirst = false;
};

ImageShape imageShape(const NumpyArray &a, const std::string &path) {
  if (a.shape.size() == 2)
    return {1, 1, a.shape[1], false};
  if (a.shape.size() == 3)
    return {1, a.shape[1], a.shape[2], false};
  auto few = [&](size_t d) { return a.shape[d] == 1 || a.shape[d] == 3; };
  if (a.shape.size() == 4 && few(3) && !few(1))
    return {a.shape[3], a.shape[1], a.shape[2], false};
  if (a.shape.size() == 4)
    return {a.shape[1], a.shape[2], a.shape[3], true};
  throw UserError(path + ": has the shape " + shapeText(a) +
                  "; (N, n), (N, H, W), (N, C, H, W) and (N, H, W, C) are read");
}

float checked(double v, const WantedData &wanted, const std::string &path) {
  if (v >= wanted.lo && v <= wanted.hi)
    return float(v);
  char text[160];
  snprintf(text, sizeof text, ": holds %g, outside the declared range [%g, %g]: declare the data's own", v, wanted.lo,
           wanted.hi);
  throw UserError(path + text);
}

/// Reads image after image.
void fill(Bytes &bytes, const NumpyArray &a, const WantedData &wanted, const std::string &path, Dataset &data,
          std::string &note) {
  ImageShape s = imageShape(a, path);
  bool isBytes = a.kind == 'u' && a.width == 1;
  bool same = wanted.vector ? s.channels * s.height * s.width == wanted.width
                            : s.channels == wanted.channels && s.height == wanted.height && s.width == wanted.width;
  if (!same && (wanted.vector || !isBytes))
    throw UserError(path + ": has the shape " + shapeText(a) + ", the model wants " +
                    (wanted.vector ? "vectors of " + std::to_string(wanted.width)
                                   : "images of " + std::to_string(wanted.channels) + " x " +
                                         std::to_string(wanted.height) + " x " + std::to_string(wanted.width)));
  if (!same)
    note = "images of " + shapeText(a) + " are cropped and resized to " + std::to_string(wanted.channels) + " x " +
           std::to_string(wanted.height) + " x " + std::to_string(wanted.width);
  size_t area = size_t(s.height * s.width), channels = size_t(s.channels), each = area * channels;
  if (s.height > 1 << 16 || s.width > 1 << 24 || each > size_t(1) << 28)
    throw UserError(path + ": has the shape " + shapeText(a) + ": images are larger than any that can be used");
  if (!each)
    throw UserError(path + ": has the shape " + shapeText(a) + ": nothing in an image");
  std::string origin = data.origin;
  data = emptyDataset(wanted, !isBytes);
  data.origin = origin;
  std::vector<uint8_t> raw(each * a.width), one(each), fitted(size_t(data.imageBytes()));
  std::vector<float> values(each);
  for (int64_t i = 0; i < a.count(); ++i) {
    bytes.read(raw.data(), raw.size());
    for (size_t p = 0; p < area; ++p)
      for (size_t c = 0; c < channels; ++c) {
        const uint8_t *number = &raw[(s.channelsFirst && !wanted.vector ? c * area + p : p * channels + c) * a.width];
        if (isBytes)
          one[p * channels + c] = *number;
        else
          values[p * channels + c] = checked(a.number(number), wanted, path);
      }
    if (isBytes && !same)
      resizeImage(one.data(), s.channels, s.height, s.width, wanted, fitted.data());
    data.store->append(!isBytes ? static_cast<const void *>(values.data()) : same ? one.data() : fitted.data());
  }
  data.count = a.count();
}

void readLabels(Bytes &bytes, int64_t count, const std::string &path, Dataset &data) {
  NumpyArray y = readHeader(bytes);
  if (y.shape.size() != 1 || y.count() != count || y.kind == 'f')
    throw UserError(path + ": labels are whole numbers of shape (" + std::to_string(count) + "), found " +
                    shapeText(y));
  std::vector<uint8_t> number(y.width);
  for (int64_t i = 0; i < count; ++i) {
    bytes.read(number.data(), number.size());
    data.labels.push_back(int32_t(std::clamp(y.number(number.data()), -1.0, 1e9)));
  }
}

struct Sources {
  std::unique_ptr<Bytes> images, labels;
};

/// Of an archive: the first pair of names that it has.
Sources openArchive(const std::string &path, Part part) {
  using Names = std::vector<std::pair<const char *, const char *>>;
  Names names = part == Part::Test
                    ? Names{{"x_test", "y_test"}}
                    : Names{{"x_train", "y_train"}, {"x", "y"}, {"images", "labels"}, {"arr_0", "arr_1"}};
  for (auto [x, y] : names)
    if (auto images = openMember(path, x))
      return {std::move(images), openMember(path, y)};
  if (part == Part::Train)
    throw UserError(path + ": holds no array named x, x_train, images or arr_0");
  return {};
}

} // namespace

Dataset readArrays(const std::string &path, const std::string &labels, Part part, const WantedData &wanted,
                   std::string &note) {
  Dataset data;
  data.origin = path;
  Sources sources;
  if (path.ends_with(".npz"))
    sources = openArchive(path, part);
  else if (part == Part::Train)
    sources.images = openArray(path);
  if (!sources.images)
    return data;
  if (!labels.empty() && part == Part::Train)
    sources.labels = openArray(labels);
  NumpyArray x = readHeader(*sources.images);
  fill(*sources.images, x, wanted, path, data, note);
  if ((wanted.classes || wanted.compare) && sources.labels)
    readLabels(*sources.labels, x.count(), labels.empty() ? path : labels, data);
  return data;
}

} // namespace ganrt
