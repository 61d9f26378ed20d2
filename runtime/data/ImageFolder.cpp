#include "runtime/data/ImageFolder.h"
#include "runtime/base/Error.h"
#include "runtime/base/Notes.h"
#include "runtime/base/Progress.h"
#include "runtime/data/Decode.h"
#include "runtime/data/Fit.h"
#include "runtime/data/ImageFiles.h"
#include "runtime/device/Threads.h"

#include <algorithm>
#include <filesystem>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

/// Decodes images in chunks, each with several threads, and appends them in order. A quarter of the memory for images
/// is used for decoding: half of that for the files being decoded, half for a chunk of images of the wanted size.
class Loader {
public:
  /// The names of files are given relative to `folder`.
  Loader(const std::vector<ImageFile> &entries, const std::string &folder, const WantedData &wanted)
      : data(emptyDataset(besideDecoding(wanted), false)), entries(entries), folder(folder), wanted(wanted),
        chunk(std::clamp<size_t>(wanted.memory / 8 / size_t(data.imageBytes()), 1, 256)), budget(wanted.memory / 8) {}

  void decode(bool labelled, bool quiet) {
    Progress progress(entries.size(), quiet || entries.size() < 5000 ? Output::Quiet : Output::Auto);
    for (size_t first = 0; first < entries.size(); first += chunk) {
      size_t count = std::min(chunk, entries.size() - first);
      decodeChunk(first, count);
      for (size_t k = 0; k < count; ++k)
        keep(first + k, results[k], labelled);
      if (progress.due(first + count))
        progress.show({.done = first + count, .unit = "images read"}, 1);
    }
    progress.finish();
  }

  Dataset data;
  size_t resized = 0, damaged = 0, uneven = 0;
  std::string firstUneven;  ///< path and size of the first picture that cannot be cut into equal parts
  std::string firstDamaged; ///< path of the first damaged file and what is wrong with it

private:
  struct Result {
    std::vector<uint8_t> image{}; ///< an image of the wanted size
    std::string wrong{};
    bool resized = false;
    std::string uneven{}; ///< its size, if it cannot be cut
  };
  static WantedData besideDecoding(WantedData wanted) {
    wanted.memory -= wanted.memory / 4;
    return wanted;
  }

  void decodeChunk(size_t first, size_t count) {
    results.assign(count, Result());
    inParallel(count, [&](size_t k) { results[k] = decodeOne(entries[first + k].path); });
  }

  Result decodeOne(const std::string &path) {
    Decoded image;
    Result result;
    if (!decodeImage(path, wanted.channels, budget, image, result.wrong)) {
      if (result.wrong.empty())
        result.wrong = "damaged";
      return result;
    }
    if (!isEven(image))
      result.uneven = std::to_string(image.width) + " x " + std::to_string(image.height);
    if (!result.uneven.empty())
      return result;
    cut(image);
    result.resized = isResized(image.fileChannels, image.height, image.width, wanted);
    if (!isResized(image.channels, image.height, image.width, wanted)) {
      result.image = std::move(image.pixels);
      return result;
    }
    result.image.resize(size_t(data.imageBytes()));
    resizeImage(image.pixels.data(), image.channels, image.height, image.width, wanted, result.image.data());
    return result;
  }

  bool isEven(const Decoded &image) const {
    return (wanted.cut.rows ? image.height : image.width) % wanted.cut.of == 0;
  }

  /// Leaves the wanted part of the picture.
  void cut(Decoded &image) const {
    if (wanted.cut.of == 1)
      return;
    int64_t &side = wanted.cut.rows ? image.height : image.width, line = image.width * image.channels;
    int64_t rows = image.height;
    side /= wanted.cut.of;
    if (wanted.cut.rows)
      rows = 1, line *= wanted.cut.of * side; // all lines of a part lie side by side
    int64_t part = line / wanted.cut.of;
    for (int64_t y = 0; y < rows; ++y)
      std::copy_n(image.pixels.begin() + y * line + wanted.cut.part * part, part, image.pixels.begin() + y * part);
    image.pixels.resize(size_t(rows * part));
  }

  /// Appends an image; counts it instead if it is damaged or cannot be cut.
  void keep(size_t i, const Result &result, bool labelled) {
    if (!result.uneven.empty()) {
      if (!uneven++)
        firstUneven = entries[i].path + " has " + result.uneven + " pixels";
      return;
    }
    if (!result.wrong.empty()) {
      if (!damaged++)
        firstDamaged = entries[i].path + ": " + result.wrong;
      return;
    }
    resized += result.resized;
    data.store->append(result.image.data());
    if (labelled)
      data.labels.push_back(entries[i].label);
    if (wanted.files)
      data.files.push_back(fs::path(entries[i].path).lexically_relative(folder).string());
    ++data.count;
  }

  const std::vector<ImageFile> &entries;
  std::string folder;
  WantedData wanted;
  const size_t chunk; ///< number of images in a chunk
  MemoryBudget budget;
  std::vector<Result> results; ///< results of the current chunk
};

} // namespace

Dataset readImageFolder(const DataOptions &options, Part part, const WantedData &wanted, std::string &note) {
  std::string folder = options.where;
  while (folder.size() > 1 && folder.ends_with('/'))
    folder.pop_back();
  ImageFiles found = findImages(folder, part, options.classes, wanted, note);
  if (found.root.empty())
    return {};
  if (wanted.vector)
    throw UserError("--data " + folder + ": holds images, the model declares a vector(" + std::to_string(wanted.width) +
                    "): declare an image and flatten it");
  checkPictureChannels("--data " + folder, wanted);
  size_t all = found.files.size();
  bool labelled = found.labelled && (wanted.classes || wanted.compare);
  Loader loader(found.files, folder, wanted);
  loader.decode(labelled, options.quiet);
  if (loader.uneven)
    throw UserError(loader.firstUneven + ", which " + std::to_string(wanted.cut.of) + " equal parts by " +
                    (wanted.cut.rows ? "rows" : "columns") + " do not divide" +
                    (loader.uneven > 1 ? "; so do " + std::to_string(loader.uneven - 1) + " more not" : ""));
  if (loader.damaged && (options.onCorrupt == "stop" || loader.damaged == all))
    throw UserError(loader.firstDamaged);
  if (loader.damaged)
    addNote(note, "warning: " + std::to_string(loader.damaged) + " of " + std::to_string(all) +
                      " images are damaged and left out; the first: " + loader.firstDamaged);
  if (loader.resized && part == Part::Train)
    addNote(note, std::to_string(loader.resized) + " images are cropped and resized to " +
                      std::to_string(wanted.channels) + " x " + std::to_string(wanted.height) + " x " +
                      std::to_string(wanted.width));
  loader.data.origin = options.where;
  if (labelled)
    loader.data.classes = std::move(found.classes);
  return std::move(loader.data);
}

} // namespace ganrt
