// Every kind of data that a user may bring, written here and read back: folders of PNG, CIFAR records, NumPy's arrays;
// shares held out, mirrors, and what is wrong with a source.
#include "runtime/Batches.h"
#include "runtime/Dataset.h"
#include "runtime/Error.h"
#include "runtime/Picture.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

class Data : public testing::Test {
protected:
  void SetUp() override {
    folder = fs::temp_directory_path() / ("ganc-data-" + std::to_string(getpid()));
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  /// One grey image of 4 x 6 with a grid's border of 2 around: 8 x 10.
  void picture(const std::string &name, uint8_t grey) {
    fs::create_directories((folder / name).parent_path());
    writePng(folder / name, Grid{4, 6, 1, 1, {std::vector<uint8_t>(24, grey)}});
  }
  void bytes(const std::string &name, const std::string &content) {
    std::ofstream(folder / name, std::ios::binary) << content;
  }
  static std::string npy(const std::string &type, const std::string &shape, const std::string &content) {
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    header.resize(118, ' ');
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + content;
  }
  template <class T> static std::string raw(const std::vector<T> &values) {
    return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)};
  }
  Dataset load(const std::string &name, WantedData wanted, Part part = Part::Train) {
    options.where = (folder / name).string();
    note.clear();
    return loadData(options, part, wanted, note);
  }
  std::string failure(const std::string &name, WantedData wanted) {
    try {
      load(name, wanted);
    } catch (const UserError &e) {
      return e.what();
    }
    return "no error";
  }

  static std::vector<uint8_t> bytesOf(const Dataset &data) {
    std::vector<uint8_t> all;
    for (int64_t i = 0; i < data.count; ++i)
      for (uint8_t byte : imageBytes(data, i))
        all.push_back(byte);
    return all;
  }

  fs::path folder;
  DataOptions options;
  std::string note;
};

TEST_F(Data, SubFoldersAreClassesAndDamageIsCounted) {
  for (int i = 0; i < 5; ++i) {
    picture("cats/" + std::to_string(i) + ".png", uint8_t(10 * i));
    picture("dogs/a/" + std::to_string(i) + ".png", 200);
  }
  bytes("cats/broken.png", "no picture");
  std::ifstream whole(folder / "dogs/a/0.png", std::ios::binary);
  std::string half{std::istreambuf_iterator<char>(whole), {}};
  bytes("dogs/half.png", half.substr(0, half.size() / 2));
  Dataset data = load("", {1, 8, 10, false, 2});
  EXPECT_EQ(data.count, 10);
  EXPECT_EQ(data.labels, (std::vector<int32_t>{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(imageBytes(data, 3)[2 * 10 + 2], 30);
  EXPECT_NE(note.find("2 of 12 images are damaged"), std::string::npos) << note;
  Dataset resized = load("", {3, 4, 5, false, 0});
  EXPECT_EQ(resized.imageBytes(), 60);
  EXPECT_NE(note.find("10 images are cropped and resized to 3 x 4 x 5"), std::string::npos) << note;
  EXPECT_NE(failure("", {1, 8, 10, false, 3}).find("has 2 classes (sub-folders), the model declares 3"),
            std::string::npos);
  options.onCorrupt = "stop";
  EXPECT_NE(failure("", {1, 8, 10, false, 2}).find("broken.png: it is neither PNG nor JPEG"), std::string::npos);
}

TEST_F(Data, FoldersThatDoNotFit) {
  EXPECT_NE(failure("", {1, 8, 10}).find("holds no data that is known"), std::string::npos);
  picture("a.png", 1);
  EXPECT_EQ(load("", {1, 8, 10}).count, 1);
  EXPECT_NE(failure("", {1, 8, 10, false, 2}).find("in no sub-folders"), std::string::npos);
  EXPECT_NE(failure("", {1, 1, 80, true}).find("declares a vector(80)"), std::string::npos);
  EXPECT_NE(failure("nowhere", {}).find("No such file"), std::string::npos);
  EXPECT_NE(failure("a.png", {}).find("is a file"), std::string::npos);
}

TEST_F(Data, CifarRecords) {
  std::string record(3073, '\7');
  record[0] = 2;                  // label
  record[1 + 1024 + 32] = '\x50'; // green of the second row's first pixel
  bytes("data_batch_1.bin", record + record);
  bytes("test_batch.bin", record);
  Dataset data = load("", {3, 32, 32, false, 10});
  EXPECT_EQ(data.count, 2);
  EXPECT_EQ(data.labels[1], 2);
  EXPECT_EQ(imageBytes(data, 1)[32 * 3 + 1], 0x50);
  EXPECT_EQ(load("", {3, 32, 32, false, 10}, Part::Test).count, 1);
  EXPECT_NE(failure("", {3, 32, 32, false, 2}).find("has 3 classes, the model declares 2"), std::string::npos);
  bytes("data_batch_1.bin", record + record.substr(0, 100));
  EXPECT_NE(failure("", {3, 32, 32}).find("is cut off: 100 bytes"), std::string::npos);
}

/// The formula of vectors and the table give what double precision rounds to, in every range.
TEST(Scale, OfEveryByte) {
  std::vector<uint8_t> bytes(256 + 7); // no multiple of a vector
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = uint8_t(i);
  for (auto [lo, hi] : {std::pair(0.0, 1.0), {-1.0, 1.0}, {0.0, 255.0}, {0.1, 0.9}, {-0.3, 2.7}, {-1e-3, 1e3}}) {
    std::vector<float> out(bytes.size());
    Scale(lo, hi).apply(bytes.data(), bytes.size(), out.data());
    for (size_t i = 0; i < bytes.size(); ++i)
      EXPECT_EQ(out[i], float(lo + (hi - lo) * (double(bytes[i]) / 255.0))) << lo << " " << hi << " " << i;
  }
}

TEST_F(Data, ArraysOfNumpy) {
  std::vector<uint8_t> pixels(2 * 3 * 2 * 2);
  for (size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = uint8_t(i);
  bytes("chw.npy", npy("|u1", "2, 3, 2, 2", raw(pixels)));
  Dataset data = load("chw.npy", {3, 2, 2});
  EXPECT_EQ(imageBytes(data, 1), (std::vector<uint8_t>{12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23}));
  bytes("points.npy", npy("<f8", "3, 2", raw<double>({0.25, -1, 2, 0, 1, 3})));
  bytes("classes.npy", npy("<i8", "3,", raw<int64_t>({1, 0, 1})));
  WantedData points{1, 1, 2, true, 2, false, -1, 3};
  options.labels = (folder / "classes.npy").string();
  data = load("points.npy", points);
  float out[2];
  scaledImage(data, 1, Scale(-1, 3), out);
  EXPECT_EQ(out[0], 2);
  EXPECT_EQ(data.labels, (std::vector<int32_t>{1, 0, 1}));
  points.hi = 2;
  EXPECT_NE(failure("points.npy", points).find("holds 3, outside the declared range [-1, 2]"), std::string::npos);
  EXPECT_NE(failure("points.npy", {1, 1, 3, true}).find("the model wants vectors of 3"), std::string::npos);
  bytes("cut.npy", npy("<f4", "3, 2", "1234"));
  EXPECT_NE(failure("cut.npy", {1, 1, 2, true}).find("its header says otherwise"), std::string::npos);
  bytes("text.npy", "hello, this is no array");
  EXPECT_NE(failure("text.npy", {}).find("is not an array of NumPy"), std::string::npos);
  bytes("text.npz", "hello, this is no archive");
  EXPECT_NE(failure("text.npz", {}).find("cannot be opened as an .npz"), std::string::npos);
}

TEST_F(Data, AShareIsHeldOut) {
  std::vector<uint8_t> numbers(50);
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = uint8_t(i);
  bytes("x.npy", npy("|u1", "50, 1", raw(numbers)));
  options.holdout = 0.2;
  WantedData wanted{1, 1, 1, true};
  Dataset train = load("x.npy", wanted), test = load("x.npy", wanted, Part::Test);
  EXPECT_EQ(train.count, 40);
  EXPECT_EQ(test.count, 10);
  std::vector<uint8_t> all = bytesOf(train);
  for (uint8_t byte : bytesOf(test))
    all.push_back(byte);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, numbers);
  EXPECT_NE(bytesOf(test), std::vector<uint8_t>(numbers.begin(), numbers.begin() + 10)) << "not simply the first ones";
  options.holdout = 1;
  EXPECT_NE(failure("x.npy", wanted).find("--holdout must be"), std::string::npos);
}

/// Images from memory and from the disk, mirrored, more than one task's worth, with a batch that the data does not
/// fill.
TEST(Batches, AreAsKernelsReadThem) {
  constexpr int64_t count = 90, batch = 96, height = 150, width = 223; // 5 MB on the disk
  WantedData wanted{.channels = 2, .height = height, .width = width, .memory = 10 * 2 * height * width};
  gan_input input{};
  input.kind = GAN_INPUT_IMAGE;
  input.lo = -1, input.hi = 1;
  input.layout = {GAN_F32, 4, {batch, 2, height, width}, 4, {batch, 2, height, width}, {0, 2, 3, 1}};
  Dataset data = emptyDataset(wanted, false);
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < count; ++i) {
    std::vector<uint8_t> image(size_t(data.imageBytes()));
    for (size_t k = 0; k < image.size(); ++k)
      image[k] = uint8_t(7 * i + int64_t(k) * 31);
    data.store->append(image.data());
    data.labels.push_back(int32_t(i % 3));
    indices.push_back((i * 37) % count);
  }
  data.count = count;
  InputBatch found;
  findImages(data, input, indices, found);
  ASSERT_FALSE(found.read.empty());
  for (int64_t j = 0; j < batch; ++j)
    found.mirrored.push_back(j % 2);
  Scale scale(input.lo, input.hi);
  std::vector<float> out(size_t(batch * data.imageBytes())), expected(size_t(data.imageBytes()));
  present(data, input, scale, found, out.data());
  for (int64_t j = 0; j < batch; ++j) {
    scaledImage(data, indices[j < count ? size_t(j) : 0], scale, expected.data());
    if (j % 2)
      flipImage(data, expected.data());
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), out.begin() + j * data.imageBytes())) << j;
  }
  input.kind = GAN_INPUT_LABEL;
  input.layout = {GAN_F32, 2, {batch, 3}, 2, {batch, 3}, {0, 1}};
  InputBatch labels;
  findImages(data, input, indices, labels);
  std::vector<float> hot(batch * 3, 7);
  present(data, input, scale, labels, hot.data());
  for (int64_t k = 0; k < batch * 3; ++k)
    EXPECT_EQ(hot[size_t(k)], indices[k / 3 < count ? size_t(k / 3) : 0] % 3 == k % 3 ? 1 : 0) << k;
}

TEST(Images, AreMirrored) {
  Dataset data;
  data.channels = 2, data.height = 2, data.width = 3;
  std::vector<float> image{0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15};
  flipImage(data, image.data());
  EXPECT_EQ(image, (std::vector<float>{4, 5, 2, 3, 0, 1, 14, 15, 12, 13, 10, 11}));
}

} // namespace
} // namespace ganrt
