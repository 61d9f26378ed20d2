#include "runtime/Arrays.h"
#include "runtime/Error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include <minizip/unzip.h>

namespace ganrt {
namespace {

struct NumpyArray {
  std::vector<int64_t> shape;
  char kind = 0; ///< u, i, f, b
  size_t width = 0;
  std::vector<uint8_t> bytes;

  int64_t count() const { return shape.empty() ? 0 : shape[0]; }
  double at(size_t i) const {
    const uint8_t *p = bytes.data() + i * width;
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

/// The value after `key` in the header's dictionary, up to the next comma outside brackets.
std::string headerValue(const std::string &header, const std::string &key) {
  size_t at = header.find("'" + key + "'");
  at = at == std::string::npos ? at : header.find(':', at);
  if (at == std::string::npos)
    return "";
  size_t end = header[header.find_first_not_of(' ', at + 1)] == '(' ? header.find(')', at) + 1 : header.find(',', at);
  return header.substr(at + 1, end == std::string::npos ? end : end - at - 1);
}

/// numpy.lib.format, versions 1 to 3.
NumpyArray parse(const std::string &path, std::vector<uint8_t> file) {
  auto wrong = [&](const std::string &why) { return UserError(path + ": " + why); };
  if (file.size() < 12 || memcmp(file.data(), "\x93NUMPY", 6) != 0)
    throw wrong("is not an array of NumPy (.npy)");
  size_t length = file[8] | file[9] << 8, begin = 10;
  if (file[6] > 1)
    length |= size_t(file[10]) << 16 | size_t(file[11]) << 24, begin = 12;
  if (begin + length > file.size())
    throw wrong("is cut off in its header");
  std::string header(file.begin() + int64_t(begin), file.begin() + int64_t(begin + length));
  NumpyArray a;
  std::string type = headerValue(header, "descr"), shape = headerValue(header, "shape");
  size_t quote = type.find('\'');
  if (quote == std::string::npos || type.size() < quote + 4)
    throw wrong("its header has no type that is known");
  a.kind = type[quote + 2];
  a.width = size_t(type[quote + 3] - '0');
  bool known = std::strchr("uifb", a.kind) && (a.width == 1 || a.width == 2 || a.width == 4 || a.width == 8) &&
               type[quote + 1] != '>' && !(a.kind == 'f' && a.width < 4);
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
  if (total != double(file.size() - begin - length))
    throw wrong("has " + std::to_string(file.size() - begin - length) + " bytes of numbers, its header says otherwise");
  a.bytes.assign(file.begin() + int64_t(begin + length), file.end());
  return a;
}

NumpyArray readNpy(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw UserError(path + ": cannot be opened");
  return parse(path, {std::istreambuf_iterator<char>(file), {}});
}

std::map<std::string, NumpyArray> readNpz(const std::string &path) {
  unzFile archive = unzOpen(path.c_str());
  if (!archive)
    throw UserError(path + ": cannot be opened as an .npz (zip) archive");
  std::map<std::string, NumpyArray> arrays;
  std::string failed;
  for (int more = unzGoToFirstFile(archive); more == UNZ_OK; more = unzGoToNextFile(archive)) {
    char name[256] = "";
    unz_file_info info;
    unzGetCurrentFileInfo(archive, &info, name, sizeof name - 1, nullptr, 0, nullptr, 0);
    std::vector<uint8_t> bytes;
    bool fine = unzOpenCurrentFile(archive) == UNZ_OK;
    uint8_t chunk[1 << 15];
    for (int got = 1; fine && got > 0;) {
      got = unzReadCurrentFile(archive, chunk, sizeof chunk);
      fine = got >= 0;
      bytes.insert(bytes.end(), chunk, chunk + std::max(got, 0));
    }
    fine = unzCloseCurrentFile(archive) == UNZ_OK && fine;
    std::string key = name;
    if (!fine)
      failed = key;
    else if (key.ends_with(".npy"))
      try {
        arrays[key.substr(0, key.size() - 4)] = parse(path + " (" + key + ")", std::move(bytes));
      } catch (...) {
        unzClose(archive);
        throw;
      }
  }
  unzClose(archive);
  if (!failed.empty())
    throw UserError(path + ": " + failed + " in it is corrupt");
  return arrays;
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

void fill(const NumpyArray &a, const ImageShape &s, const WantedData &wanted, const std::string &path, Dataset &data,
          std::string &note) {
  bool bytes = a.kind == 'u' && a.width == 1;
  bool same = wanted.vector ? s.channels * s.height * s.width == wanted.width
                            : s.channels == wanted.channels && s.height == wanted.height && s.width == wanted.width;
  if (!same && (wanted.vector || !bytes))
    throw UserError(path + ": has the shape " + shapeText(a) + ", the model wants " +
                    (wanted.vector ? "vectors of " + std::to_string(wanted.width)
                                   : "images of " + std::to_string(wanted.channels) + " x " +
                                         std::to_string(wanted.height) + " x " + std::to_string(wanted.width)));
  if (!same)
    note = "images of " + shapeText(a) + " are cropped and resized to " + std::to_string(wanted.channels) + " x " +
           std::to_string(wanted.height) + " x " + std::to_string(wanted.width);
  data.channels = wanted.channels, data.height = wanted.height, data.width = wanted.width;
  size_t each = size_t(s.channels * s.height * s.width);
  std::vector<uint8_t> one(each);
  for (int64_t i = 0; i < a.count(); ++i) {
    auto from = [&](int64_t p, int64_t c) {
      int64_t inside = s.channelsFirst && !wanted.vector ? c * s.height * s.width + p : p * s.channels + c;
      return size_t(i) * each + size_t(inside);
    };
    for (int64_t p = 0; p < s.height * s.width; ++p)
      for (int64_t c = 0; c < s.channels; ++c)
        if (bytes)
          one[size_t(p * s.channels + c)] = a.bytes[from(p, c)];
        else
          data.values.push_back(float(a.at(from(p, c))));
    if (!bytes)
      continue;
    size_t at = data.pixels.size();
    data.pixels.resize(at + size_t(data.imageBytes()));
    if (same)
      std::copy(one.begin(), one.end(), data.pixels.begin() + int64_t(at));
    else
      resizeImage(one.data(), s.channels, s.height, s.width, wanted, data.pixels.data() + at);
  }
  for (float v : data.values)
    if (!(v >= wanted.lo && v <= wanted.hi)) {
      char text[160];
      snprintf(text, sizeof text, ": holds %g, outside the declared range [%g, %g]: declare the data's own", double(v),
               wanted.lo, wanted.hi);
      throw UserError(path + text);
    }
  data.count = a.count(), data.lo = wanted.lo, data.hi = wanted.hi;
}

} // namespace

Dataset readArrays(const std::string &path, const std::string &labels, Part part, const WantedData &wanted,
                   std::string &note) {
  Dataset data;
  data.origin = path;
  NumpyArray x, y;
  if (path.ends_with(".npz")) {
    std::map<std::string, NumpyArray> all = readNpz(path);
    using Names = std::vector<std::pair<const char *, const char *>>;
    Names names = part == Part::Test
                      ? Names{{"x_test", "y_test"}}
                      : Names{{"x_train", "y_train"}, {"x", "y"}, {"images", "labels"}, {"arr_0", "arr_1"}};
    auto found = std::find_if(names.begin(), names.end(), [&](auto &n) { return all.count(n.first) > 0; });
    if (found == names.end() && part == Part::Test)
      return data;
    if (found == names.end())
      throw UserError(path + ": holds no array named x, x_train, images or arr_0");
    x = all[found->first], y = all[found->second];
  } else if (part == Part::Train) {
    x = readNpy(path);
  } else {
    return data;
  }
  if (!labels.empty() && part == Part::Train)
    y = readNpy(labels);
  fill(x, imageShape(x, path), wanted, path, data, note);
  if (!(wanted.classes || wanted.compare) || y.shape.empty())
    return data;
  if (y.shape.size() != 1 || y.count() != x.count() || y.kind == 'f')
    throw UserError((labels.empty() ? path : labels) + ": labels are whole numbers of shape (" +
                    std::to_string(x.count()) + "), found " + shapeText(y));
  for (int64_t i = 0; i < y.count(); ++i)
    data.labels.push_back(int32_t(std::clamp(y.at(size_t(i)), -1.0, 1e9)));
  return data;
}

} // namespace ganrt
