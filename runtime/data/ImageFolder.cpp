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
  size_t resized = 0, damaged = 0;
  std::string firstDamaged; ///< path of the first damaged file and what is wrong with it

private:
  struct Result {
    std::vector<uint8_t> image{}; ///< an image of the wanted size
    std::string wrong{};
    bool resized = false;
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
    result.resized = isResized(image.fileChannels, image.height, image.width, wanted);
    if (!isResized(image.channels, image.height, image.width, wanted)) {
      result.image = std::move(image.pixels);
      return result;
    }
    result.image.resize(size_t(data.imageBytes()));
    resizeImage(image.pixels.data(), image.channels, image.height, image.width, wanted, result.image.data());
    return result;
  }

  /// Appends an image; counts it instead if it is damaged.
  void keep(size_t i, const Result &result, bool labelled) {
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
