#include "runtime/ImageFolder.h"
#include "runtime/Decode.h"
#include "runtime/Error.h"
#include "runtime/Fit.h"
#include "runtime/Progress.h"
#include "runtime/Threads.h"

#include <algorithm>
#include <filesystem>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

struct Entry {
  std::string path;
  int32_t label = 0;
};

std::vector<std::string> sortedChildren(const std::string &folder, bool folders) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string()[0] == '.')
      continue; // what tools leave behind
    else if (folders ? it->is_directory(error) : it->is_regular_file(error) && isImageName(it->path().string()))
      names.push_back(it->path().string());
  if (error)
    throw UserError("--data " + folder + ": " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

void collect(const std::string &folder, int32_t label, std::vector<Entry> &out) {
  for (const std::string &path : sortedChildren(folder, false))
    out.push_back({path, label});
  for (const std::string &inside : sortedChildren(folder, true))
    collect(inside, label, out);
}

/// Decodes images in chunks, each by several threads, and appends them in order. Of the memory that images may take a
/// quarter is for decoding: half of that for files under way, half for a chunk of images of the wanted size.
class Loader {
public:
  Loader(const std::vector<Entry> &entries, const WantedData &wanted)
      : data(emptyDataset(besideDecoding(wanted), false)), entries(entries), wanted(wanted),
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
  std::string firstDamaged; ///< its path and what is wrong

private:
  struct Result {
    std::vector<uint8_t> image{}; ///< of the wanted size
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

  /// Leaves out what is damaged.
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
    ++data.count;
  }

  const std::vector<Entry> &entries;
  WantedData wanted;
  const size_t chunk; ///< images
  MemoryBudget budget;
  std::vector<Result> results; ///< of the chunk
};

} // namespace

Dataset readImageFolder(const DataOptions &options, Part part, const WantedData &wanted, std::string &note) {
  const std::string &folder = options.where;
  std::string root = folder;
  bool parts = fs::is_directory(folder + "/train") && fs::is_directory(folder + "/test");
  if (parts)
    root += part == Part::Train ? "/train" : "/test";
  else if (part == Part::Test)
    return {};
  std::vector<std::string> classes = sortedChildren(root, true);
  std::vector<Entry> entries;
  for (size_t c = 0; c < classes.size(); ++c)
    collect(classes[c], int32_t(c), entries);
  bool labelled = !entries.empty();
  if (!wanted.classes || !labelled)
    for (const std::string &path : sortedChildren(root, false)) {
      entries.push_back({path, 0});
      labelled = false; // some belong to no class
    }
  if (entries.empty())
    throw UserError("--data " + folder +
                    ": holds no data that is known: no images (.png, .jpg), no IDX or CIFAR files");
  if (wanted.vector)
    throw UserError("--data " + folder + ": holds images, the model declares a vector(" + std::to_string(wanted.width) +
                    "): declare an image and flatten it");
  checkPictureChannels("--data " + folder, wanted);
  if (wanted.classes && !labelled)
    throw UserError("--data " + root + ": the model needs labels, and the images are in no sub-folders (one a class)");
  if (wanted.classes && int64_t(classes.size()) != wanted.classes)
    throw UserError("--data " + root + ": has " + std::to_string(classes.size()) +
                    " classes (sub-folders), the model declares " + std::to_string(wanted.classes));
  size_t all = entries.size();
  Loader loader(entries, wanted);
  loader.decode(labelled && (wanted.classes || wanted.compare), options.quiet);
  if (loader.damaged && (options.onCorrupt == "stop" || loader.damaged == all))
    throw UserError(loader.firstDamaged);
  auto add = [&](const std::string &line) { note += (note.empty() ? "" : "\n") + line; };
  if (loader.damaged)
    add("warning: " + std::to_string(loader.damaged) + " of " + std::to_string(all) +
        " images are damaged and left out; the first: " + loader.firstDamaged);
  if (loader.resized && part == Part::Train)
    add(std::to_string(loader.resized) + " images are cropped and resized to " + std::to_string(wanted.channels) +
        " x " + std::to_string(wanted.height) + " x " + std::to_string(wanted.width));
  loader.data.origin = folder;
  return std::move(loader.data);
}

} // namespace ganrt
