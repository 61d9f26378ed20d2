#include "runtime/ImageFolder.h"
#include "runtime/Decode.h"
#include "runtime/Error.h"
#include "runtime/Progress.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <map>
#include <thread>

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

class Loader {
public:
  Loader(std::vector<Entry> entries, const WantedData &wanted) : entries(std::move(entries)), wanted(wanted) {
    data.channels = wanted.channels, data.height = wanted.height, data.width = wanted.width;
    data.pixels.resize(this->entries.size() * size_t(data.imageBytes()));
    wrong.resize(this->entries.size());
  }

  void decode(bool quiet) {
    std::vector<std::thread> threads;
    Progress progress(entries.size(), quiet || entries.size() < 5000 ? Output::Quiet : Output::Auto);
    for (unsigned t = 0; t < std::max(1u, std::thread::hardware_concurrency()); ++t)
      threads.emplace_back([this] {
        for (size_t i = next++; i < entries.size(); i = next++)
          decodeOne(i);
      });
    for (size_t done = next; done < entries.size(); done = next) {
      if (progress.due(done))
        progress.show({.done = done, .unit = "images read"}, 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    for (std::thread &t : threads)
      t.join();
    progress.finish();
  }

  /// Leaves out what is damaged; the first such file and how many there are.
  std::pair<std::string, size_t> close(bool labelled) {
    std::string first;
    size_t bytes = size_t(data.imageBytes()), damaged = 0;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (!wrong[i].empty()) {
        if (!damaged++)
          first = entries[i].path + ": " + wrong[i];
        continue;
      }
      memmove(data.pixels.data() + size_t(data.count) * bytes, data.pixels.data() + i * bytes, bytes);
      if (labelled)
        data.labels.push_back(entries[i].label);
      ++data.count;
    }
    data.pixels.resize(size_t(data.count) * bytes);
    return {first, damaged};
  }

  Dataset data;
  std::atomic<size_t> resized{0};

private:
  void decodeOne(size_t i) {
    Decoded image;
    if (!decodeImage(entries[i].path, image, wrong[i])) {
      if (wrong[i].empty())
        wrong[i] = "damaged";
      return;
    }
    uint8_t *out = data.pixels.data() + i * size_t(data.imageBytes());
    if (image.height == wanted.height && image.width == wanted.width && image.channels == wanted.channels) {
      std::copy(image.pixels.begin(), image.pixels.end(), out);
      return;
    }
    ++resized;
    resizeImage(image.pixels.data(), image.channels, image.height, image.width, wanted, out);
  }

  std::vector<Entry> entries;
  WantedData wanted;
  std::vector<std::string> wrong; ///< of each entry
  std::atomic<size_t> next{0};
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
  if (wanted.classes && !labelled)
    throw UserError("--data " + root + ": the model needs labels, and the images are in no sub-folders (one a class)");
  if (wanted.classes && int64_t(classes.size()) != wanted.classes)
    throw UserError("--data " + root + ": has " + std::to_string(classes.size()) +
                    " classes (sub-folders), the model declares " + std::to_string(wanted.classes));
  size_t all = entries.size();
  Loader loader(std::move(entries), wanted);
  loader.decode(options.quiet);
  auto [first, damaged] = loader.close(labelled && (wanted.classes || wanted.compare));
  if (damaged && (options.onCorrupt == "stop" || damaged == all))
    throw UserError(first);
  auto add = [&](const std::string &line) { note += (note.empty() ? "" : "\n") + line; };
  if (damaged)
    add("warning: " + std::to_string(damaged) + " of " + std::to_string(all) +
        " images are damaged and left out; the first: " + first);
  if (loader.resized && part == Part::Train)
    add(std::to_string(loader.resized) + " images are cropped and resized to " + std::to_string(wanted.channels) +
        " x " + std::to_string(wanted.height) + " x " + std::to_string(wanted.width));
  loader.data.origin = folder;
  return std::move(loader.data);
}

} // namespace ganrt
