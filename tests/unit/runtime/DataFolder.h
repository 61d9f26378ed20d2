// What tests of data share: their own folder, files that are written into it, and the data or the error that reading
// them gives.
#pragma once

#include "runtime/base/Error.h"
#include "runtime/data/Dataset.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace ganrt {

class DataFolder : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("ganc-data-" + std::to_string(getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void write(const std::string &name, const std::string &content) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << content;
  }
  void remove(const std::string &name) { std::filesystem::remove_all(folder / name); }

  Dataset load(const std::string &name, const WantedData &wanted, Part part = Part::Train) {
    options.where = (folder / name).string();
    note.clear();
    return loadData(options, part, wanted, note);
  }
  /// The error that loading gives, or "no error".
  std::string failure(const std::string &name, const WantedData &wanted, Part part = Part::Train) {
    try {
      load(name, wanted, part);
    } catch (const UserError &e) {
      return e.what();
    }
    return "no error";
  }
  void fails(const std::string &name, const WantedData &wanted, const std::string &message) {
    std::string said = failure(name, wanted);
    EXPECT_NE(said.find(message), std::string::npos) << said;
    EXPECT_NE(said.find(folder.string()), std::string::npos) << "no path in: " << said;
  }

  /// The bytes of all images, in (height, width, channels) order.
  static std::vector<uint8_t> bytesOf(const Dataset &data) {
    std::vector<uint8_t> all;
    for (int64_t i = 0; i < data.count; ++i)
      for (uint8_t byte : imageBytes(data, i))
        all.push_back(byte);
    return all;
  }
  /// The numbers that training gets for image `i`.
  static std::vector<float> numbersOf(const Dataset &data, const WantedData &wanted, int64_t i = 0) {
    std::vector<float> out(size_t(data.imageBytes()));
    scaledImage(data, i, Scale(wanted.lo, wanted.hi), out.data());
    return out;
  }

  std::filesystem::path folder;
  DataOptions options;
  std::string note;
};

inline WantedData imageOf(int64_t channels, int64_t height, int64_t width, int64_t classes = 0) {
  return {.channels = channels, .height = height, .width = width, .classes = classes};
}
inline WantedData vectorOf(int64_t numbers, double lo, double hi) {
  return {.width = numbers, .vector = true, .lo = lo, .hi = hi};
}

using Bytes = std::vector<uint8_t>;

} // namespace ganrt
