#include "runtime/data/Cifar.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Notes.h"
#include "runtime/data/Fit.h"

#include <algorithm>
#include <filesystem>
#include <memory>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

constexpr int64_t side = 32, area = side * side;

struct Kind {
  const char *name;
  int64_t labelBytes, classes; ///< the last of the label bytes is the label
  std::vector<std::string> train;
  std::string test;
};

std::vector<Kind> kinds() {
  Kind ten{"CIFAR-10", 1, 10, {}, "test_batch.bin"};
  for (int i = 1; i <= 5; ++i)
    ten.train.push_back("data_batch_" + std::to_string(i) + ".bin");
  return {ten, {"CIFAR-100", 2, 100, {"train.bin"}, "test.bin"}};
}

bool isFile(const std::string &path) {
  std::error_code error; // ignored: a loop of links just is no file
  return fs::is_regular_file(path, error);
}

/// Those files of the list that exist in the folder.
std::vector<std::string> existing(const std::string &folder, const std::vector<std::string> &names) {
  std::vector<std::string> out;
  std::copy_if(names.begin(), names.end(), std::back_inserter(out),
               [&](const std::string &name) { return isFile(folder + "/" + name); });
  return out;
}

/// The kind of which the folder has a training file; null if there is none.
const Kind *findKind(const std::string &folder, const std::vector<Kind> &all) {
  for (const Kind &kind : all)
    if (!existing(folder, kind.train).empty())
      return &kind;
  return nullptr;
}

void readFile(const std::string &path, const Kind &kind, const WantedData &wanted, Dataset &data) {
  std::unique_ptr<FILE, int (*)(FILE *)> file(openFile(path), fclose);
  std::vector<uint8_t> record(size_t(kind.labelBytes + 3 * area)), image(size_t(3 * area)),
      fitted(size_t(data.imageBytes()));
  int64_t before = data.count;
  size_t got;
  while ((got = fread(record.data(), 1, record.size(), file.get())) == record.size()) {
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t p = 0; p < area; ++p)
        image[size_t(p * 3 + c)] = record[size_t(kind.labelBytes + c * area + p)];
    uint8_t label = record[size_t(kind.labelBytes - 1)];
    if (label >= kind.classes)
      throw UserError(path + ": record " + std::to_string(data.count - before) + " (the first is 0) has the label " +
                      std::to_string(label) + ": this is no file of " + kind.name);
    resizeImage(image.data(), 3, side, side, wanted, fitted.data());
    data.store->append(fitted.data());
    data.labels.push_back(label);
    ++data.count;
  }
  if (ferror(file.get()))
    throw UserError(path + ": cannot be read");
  if (got)
    throw UserError(path + ": is cut off: " + std::to_string(got) + " bytes after the last whole record of " +
                    std::to_string(record.size()));
  if (data.count == before)
    throw UserError(path + ": is empty");
}

} // namespace

bool isCifarFolder(const std::string &folder) { return findKind(folder, kinds()) != nullptr; }

Dataset readCifar(const std::string &folder, Part part, const WantedData &wanted, std::string &note) {
  std::vector<Kind> all = kinds();
  const Kind &kind = *findKind(folder, all);
  if (wanted.vector)
    throw UserError("--data " + folder + ": holds images, the model declares a vector");
  checkPictureChannels("--data " + folder, wanted);
  Dataset data = emptyDataset(wanted, false);
  data.origin = folder;
  const std::vector<std::string> names = part == Part::Train ? kind.train : std::vector{kind.test};
  for (const std::string &name : names)
    if (isFile(folder + "/" + name))
      readFile(folder + "/" + name, kind, wanted, data);
    else if (part == Part::Train)
      addNote(note, "warning: --data " + folder + ": holds no " + name + ", a part of " + kind.name);
  if (part == Part::Train && isResized(3, side, side, wanted))
    addNote(note, resizedNote(3, side, side, wanted));
  return data;
}

} // namespace ganrt
