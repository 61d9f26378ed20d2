// Tests data sets in binary files of records: MNIST's family (IDX) under all of its names, and CIFAR.
#include "DataFolder.h"
#include "tests/unit/runtime/BigEndian.h"

#include <zlib.h>

namespace ganrt {
namespace {

std::string idxImages(uint32_t count, uint32_t height, uint32_t width, const std::string &pixels) {
  return bigEndian(0x803) + bigEndian(count) + bigEndian(height) + bigEndian(width) + pixels;
}
std::string idxLabels(const std::string &labels) {
  return bigEndian(0x801) + bigEndian(uint32_t(labels.size())) + labels;
}

using Labels = std::vector<int32_t>;

class Idx : public DataFolder {
protected:
  void writePacked(const std::string &name, const std::string &content) {
    gzFile file = gzopen((folder / name).c_str(), "wb");
    gzwrite(file, content.data(), unsigned(content.size()));
    gzclose(file);
  }
  /// Two images: 1, 2 / 3, 4 and 5, 6 / 7, 8.
  const std::string images = idxImages(2, 2, 2, "\1\2\3\4\5\6\7\x8"), labels = idxLabels(std::string("\1\0", 2));
  const std::string oneImage = idxImages(1, 2, 2, "\x9\x9\x9\x9"), oneLabel = idxLabels(std::string("\0", 1));
  const WantedData wanted = imageOf(1, 2, 2, 2);
};

TEST_F(Idx, UnderAllOfItsNames) {
  struct {
    std::string begin, dot, test, end;
  } names[] = {{"", "-", "t10k", ""},    {"", ".", "t10k", ""},           {"", "-", "test", ""},
               {"", ".", "t10k", ".gz"}, {"qmnist-", "-", "t10k", ".gz"}, {"fashion-", "-", "test", ""}};
  for (const auto &n : names) {
    SetUp();
    auto put = [&](const std::string &part, const std::string &what, const std::string &content) {
      std::string name = n.begin + part + what + n.end;
      n.end.empty() ? write(name, content) : writePacked(name, content);
    };
    put("train", "-images" + n.dot + "idx3-ubyte", images), put("train", "-labels" + n.dot + "idx1-ubyte", labels);
    put(n.test, "-images" + n.dot + "idx3-ubyte", oneImage), put(n.test, "-labels" + n.dot + "idx1-ubyte", oneLabel);
    Dataset train = load("", wanted), test = load("", wanted, Part::Test);
    EXPECT_EQ(bytesOf(train), (Bytes{1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_EQ(train.labels, (Labels{1, 0}));
    EXPECT_EQ(bytesOf(test), (Bytes{9, 9, 9, 9}));
    EXPECT_EQ(test.labels, Labels{0});
  }
}

TEST_F(Idx, EmnistIsTurnedUpright) {
  writePacked("emnist-letters-train-images-idx3-ubyte.gz", images);
  writePacked("emnist-letters-train-labels-idx1-ubyte.gz", idxLabels("\1\2"));
  writePacked("emnist-letters-test-images-idx3-ubyte.gz", oneImage);
  write("emnist-letters-mapping.txt", "1 65 97\n");
  Dataset train = load("", imageOf(1, 2, 2, 3));
  EXPECT_EQ(bytesOf(train), (Bytes{1, 3, 2, 4, 5, 7, 6, 8}));
  EXPECT_NE(note.find("EMNIST's files hold images column by column: they are turned upright"), std::string::npos);
  EXPECT_EQ(bytesOf(load("", vectorOf(4, 0, 1))), (Bytes{1, 3, 2, 4, 5, 7, 6, 8}));
  EXPECT_EQ(load("", imageOf(1, 2, 2), Part::Test).count, 1);
  fails("", wanted,
        "has labels 1 to 2; the model declares 2 classes, 0 to 1: take 1 from each, or declare a class more");
  writePacked("emnist-digits-train-images-idx3-ubyte.gz", images);
  fails("", wanted,
        "holds several data sets (emnist-digits-train-images-idx3-ubyte.gz, emnist-letters-test-images-idx3-ubyte.gz)");
}

TEST_F(Idx, WhatIsMissingDamagedOrLies) {
  write("t10k-images-idx3-ubyte", oneImage);
  fails("", wanted, "holds no train-images-idx3-ubyte (or .gz)");
  write("train-images-idx3-ubyte", images);
  fails("", wanted, "the model needs labels, and there is no train-labels-idx1-ubyte (or .gz)");
  EXPECT_EQ(load("", imageOf(1, 2, 2)).count, 2);
  write("train-labels-idx1-ubyte", oneLabel);
  fails("", wanted, "train-labels-idx1-ubyte: has 1 labels for 2 images");
  remove("train-labels-idx1-ubyte");
  auto says = [&](const std::string &content, const std::string &message) {
    write("train-images-idx3-ubyte", content);
    fails("", imageOf(1, 2, 2), "train-images-idx3-ubyte: " + message);
  };
  says("", "is truncated: 4 bytes are missing");
  says(images.substr(0, 7), "is truncated: 1 bytes are missing");
  says(images.substr(0, 23), "is truncated: 1 bytes are missing");
  says(images + "1", "has more data than its header says");
  says(idxLabels("\1\0\1\1\1\1\1\1\1"), "is not an IDX file of unsigned bytes with 3 dimensions");
  says(idxImages(0, 2, 2, ""), "its header says 0 images of 2 x 2");
  says(idxImages(0xffffffff, 2, 2, "1234"), "its header says 4294967295 images");
  says(idxImages(1, 0xffff, 2, "1234"), "its header says 1 images of 65535 x 2");
}

class Cifar : public DataFolder {
protected:
  /// A record of label 2, in which one green value differs from all others.
  static std::string record(size_t labelBytes = 1) {
    std::string r(labelBytes + 3072, '\7');
    r[labelBytes - 1] = 2;
    r[labelBytes + 1024 + 32] = '\x50'; // green of the second row's first pixel
    return r;
  }
  const WantedData wanted = imageOf(3, 32, 32, 10);
};

TEST_F(Cifar, Records) {
  write("data_batch_1.bin", record() + record());
  for (int i = 2; i <= 5; ++i)
    write("data_batch_" + std::to_string(i) + ".bin", record());
  write("test_batch.bin", record());
  Dataset data = load("", wanted);
  EXPECT_EQ(data.count, 6);
  EXPECT_EQ(data.labels, Labels(6, 2));
  EXPECT_EQ(imageBytes(data, 1)[32 * 3 + 1], 0x50);
  EXPECT_EQ(note.find("holds no"), std::string::npos) << note;
  EXPECT_EQ(load("", wanted, Part::Test).count, 1);
  fails("", imageOf(3, 32, 32, 2), "has labels 2 to 2; the model declares 2 classes, 0 to 1");
  SetUp();
  write("train.bin", record(2));
  EXPECT_EQ(load("", imageOf(3, 32, 32, 100)).labels, Labels{2});
}

TEST_F(Cifar, AMissingFileIsNamed) {
  for (int i : {1, 2, 4, 5})
    write("data_batch_" + std::to_string(i) + ".bin", record());
  EXPECT_EQ(load("", wanted).count, 4);
  EXPECT_NE(note.find("warning: --data " + folder.string()), std::string::npos) << note;
  EXPECT_NE(note.find("holds no data_batch_3.bin, a part of CIFAR-10"), std::string::npos) << note;
  remove("data_batch_1.bin");
  EXPECT_EQ(load("", wanted).count, 3);
  EXPECT_NE(note.find("holds no data_batch_1.bin"), std::string::npos) << note;
}

TEST_F(Cifar, WhatIsDamaged) {
  auto says = [&](const std::string &content, const std::string &message) {
    write("data_batch_1.bin", content);
    fails("", wanted, "data_batch_1.bin: " + message);
  };
  says(record() + record().substr(0, 100), "is cut off: 100 bytes after the last whole record of 3073");
  says("", "is empty");
  std::string other = record();
  other[0] = 77;
  says(record() + other, "record 1 (the first is 0) has the label 77: this is no file of CIFAR-10");
  remove("data_batch_1.bin");
  std::filesystem::create_symlink("train.bin", folder / "train.bin"); // a loop
  fails("", wanted, "--data ");
}

} // namespace
} // namespace ganrt
