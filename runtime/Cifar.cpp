#include "runtime/Cifar.h"
#include "runtime/Error.h"

#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;

namespace ganrt {

static constexpr int64_t side = 32, area = side * side;

bool isCifarFolder(const std::string &folder) {
  return fs::exists(folder + "/data_batch_1.bin") || fs::exists(folder + "/train.bin");
}

static void readFile(const std::string &path, int64_t labelBytes, const WantedData &wanted, Dataset &data) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw UserError(path + ": cannot be opened");
  std::vector<uint8_t> record(size_t(labelBytes + 3 * area)), image(size_t(3 * area)),
      fitted(size_t(data.imageBytes()));
  while (file.read(reinterpret_cast<char *>(record.data()), std::streamsize(record.size()))) {
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t p = 0; p < area; ++p)
        image[size_t(p * 3 + c)] = record[size_t(labelBytes + c * area + p)];
    resizeImage(image.data(), 3, side, side, wanted, fitted.data());
    data.store->append(fitted.data());
    data.labels.push_back(record[size_t(labelBytes - 1)]);
    ++data.count;
  }
  if (file.gcount())
    throw UserError(path + ": is cut off: " + std::to_string(file.gcount()) + " bytes after the last whole record of " +
                    std::to_string(record.size()));
}

Dataset readCifar(const std::string &folder, Part part, const WantedData &wanted, std::string &note) {
  bool hundred = !fs::exists(folder + "/data_batch_1.bin");
  if (wanted.vector)
    throw UserError("--data " + folder + ": holds images, the model declares a vector");
  Dataset data = emptyDataset(wanted, false);
  data.origin = folder;
  std::vector<std::string> names;
  if (part == Part::Test)
    names = {hundred ? "test.bin" : "test_batch.bin"};
  else if (hundred)
    names = {"train.bin"};
  else
    for (int i = 1; i <= 5; ++i)
      names.push_back("data_batch_" + std::to_string(i) + ".bin");
  for (const std::string &name : names)
    if (name == names[0] ? part == Part::Train || fs::exists(folder + "/" + name) : fs::exists(folder + "/" + name))
      readFile(folder + "/" + name, hundred ? 2 : 1, wanted, data);
  if (part == Part::Train && (wanted.height != side || wanted.width != side || wanted.channels != 3))
    note = "images of 3 x 32 x 32 are cropped and resized to " + std::to_string(wanted.channels) + " x " +
           std::to_string(wanted.height) + " x " + std::to_string(wanted.width);
  return data;
}

} // namespace ganrt
