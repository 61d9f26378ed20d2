#include "runtime/data/Idx.h"
#include "runtime/base/Error.h"
#include "runtime/base/Notes.h"
#include "runtime/data/Fit.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <zlib.h>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

/// The parts of a file's name.
struct IdxName {
  std::string set; ///< "emnist-letters-"; "" for MNIST and sets with the same names
  Part part;
  bool images;
};

/// Parses SET(train|t10k|test)-(images|labels)(-|.)(idx3|idx1)-ubyte, optionally with .gz; nothing for other names.
std::optional<IdxName> parseName(std::string_view name) {
  auto cut = [&](std::string_view end) {
    bool there = name.ends_with(end);
    if (there)
      name.remove_suffix(end.size());
    return there;
  };
  cut(".gz");
  bool images = cut("-idx3-ubyte") || cut(".idx3-ubyte");
  if ((!images && !cut("-idx1-ubyte") && !cut(".idx1-ubyte")) || !cut(images ? "-images" : "-labels"))
    return std::nullopt;
  bool train = cut("train");
  if ((!train && !cut("t10k") && !cut("test")) || (!name.empty() && name.back() != '-'))
    return std::nullopt;
  return IdxName{std::string(name), train ? Part::Train : Part::Test, images};
}

/// The names of the folder's IDX files, sorted, so that a plain file comes before its compressed copy.
std::vector<std::string> idxFiles(const std::string &folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code none;
    if (std::string name = it->path().filename().string(); parseName(name) && it->is_regular_file(none))
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// The path of the first of these files that has the wanted parts; "" if there is none.
std::string findFile(const std::string &folder, const std::vector<std::string> &names, const IdxName &wanted) {
  for (const std::string &name : names)
    if (IdxName is = *parseName(name); is.set == wanted.set && is.part == wanted.part && is.images == wanted.images)
      return folder + "/" + name;
  return "";
}

/// The only data set in the folder, as the beginning of its file names. Throws UserError if there are several.
std::string onlySet(const std::string &folder, const std::vector<std::string> &names) {
  std::set<std::string> sets;
  std::string examples;
  for (const std::string &name : names)
    if (IdxName is = *parseName(name); is.images && sets.insert(is.set).second)
      examples += (examples.empty() ? "" : ", ") + name;
  if (sets.empty())
    throw UserError("--data " + folder + ": holds " + names[0] + ", but no train-images-idx3-ubyte (or .gz)");
  if (sets.size() > 1)
    throw UserError("--data " + folder + ": holds several data sets (" + examples + "): one a folder is read");
  return *sets.begin();
}

/// An IDX file, read with zlib, which passes plain files through unchanged.
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
  /// Checks that the file ends here; a wrong checksum is only noticed at the end.
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

/// Transposes an image, because EMNIST's files hold images column by column.
void exchangeRowsAndColumns(std::vector<uint8_t> &image, size_t side) {
  for (size_t y = 0; y < side; ++y)
    for (size_t x = 0; x < y; ++x)
      std::swap(image[y * side + x], image[x * side + y]);
}

struct IdxSize {
  uint32_t count, height, width;
};

IdxSize readSize(IdxFile &file, const std::string &path) {
  file.magic(3);
  IdxSize s{};
  s.count = file.word(), s.height = file.word(), s.width = file.word();
  if (!s.count || !s.height || !s.width || s.height > 16384 || s.width > 16384 || s.count > 100000000)
    throw UserError(path + ": its header says " + std::to_string(s.count) + " images of " + std::to_string(s.height) +
                    " x " + std::to_string(s.width));
  return s;
}

/// The size that images are converted to. A vector takes the pixels of an image in their order.
WantedData targetOf(const WantedData &wanted, const IdxSize &size, const std::string &path) {
  if (!wanted.vector) {
    checkPictureChannels(path, wanted);
    return wanted;
  }
  if (int64_t(size.height) * size.width != wanted.width)
    throw UserError(path + ": has " + std::to_string(size.height) + " x " + std::to_string(size.width) +
                    " numbers an image, the model's vector " + std::to_string(wanted.width));
  WantedData target = wanted;
  target.height = size.height, target.width = size.width;
  return target;
}

Dataset readImages(const std::string &path, bool sideways, const WantedData &wanted, std::string &note) {
  IdxFile file(path);
  IdxSize size = readSize(file, path);
  sideways &= size.height == size.width;
  WantedData target = targetOf(wanted, size, path);
  if (isResized(1, size.height, size.width, target))
    addNote(note, resizedNote(1, size.height, size.width, target));
  if (sideways)
    addNote(note, "EMNIST's files hold images column by column: they are turned upright");
  Dataset data = emptyDataset(target, false);
  data.count = size.count;
  std::vector<uint8_t> one(size_t(size.height) * size.width), fitted(size_t(data.imageBytes()));
  for (uint32_t i = 0; i < size.count; ++i) {
    file.read(one.data(), one.size());
    if (sideways)
      exchangeRowsAndColumns(one, size.height);
    resizeImage(one.data(), 1, size.height, size.width, target, fitted.data());
    data.store->append(fitted.data());
  }
  file.end();
  return data;
}

} // namespace

bool isIdxFolder(const std::string &folder) { return !idxFiles(folder).empty(); }

Dataset readIdxFolder(const std::string &folder, Part part, const WantedData &wanted, std::string &note) {
  std::vector<std::string> names = idxFiles(folder);
  std::string set = onlySet(folder, names), images = findFile(folder, names, {set, part, true});
  Dataset data;
  data.origin = folder;
  if (images.empty()) {
    if (part == Part::Test)
      return data;
    throw UserError("--data " + folder + ": holds no " + set + "train-images-idx3-ubyte (or .gz)");
  }
  data = readImages(images, set.starts_with("emnist"), wanted, note);
  data.origin = folder;
  std::string labels = findFile(folder, names, {set, part, false});
  if (labels.empty() && wanted.classes)
    throw UserError("--data " + folder + ": the model needs labels, and there is no " + set +
                    (part == Part::Train ? "train" : "t10k or test") + "-labels-idx1-ubyte (or .gz)");
  if (!labels.empty() && (wanted.classes || wanted.compare))
    readLabels(labels, data);
  return data;
}

} // namespace ganrt
