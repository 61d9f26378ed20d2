// Tests folders of pictures, which are written here and read back, and what images become: scales, batches, mirrors.
#include "DataFolder.h"
#include "runtime/base/Error.h"
#include "runtime/data/Batches.h"
#include "runtime/generate/Picture.h"

#include <numbers>
#include <set>

namespace ganrt {
namespace {

class Data : public DataFolder {
protected:
  /// Writes one grey image of 4 x 6 with the grid's border of 2 around it: 8 x 10.
  void picture(const std::string &name, uint8_t grey) {
    std::filesystem::create_directories((folder / name).parent_path());
    writePng(folder / name, Grid{4, 6, 1, 1, {Bytes(24, grey)}});
  }
};

TEST_F(Data, SubFoldersAreClassesAndDamageIsCounted) {
  for (int i = 0; i < 5; ++i) {
    picture("cats/" + std::to_string(i) + ".png", uint8_t(10 * i));
    picture("dogs/a/" + std::to_string(i) + ".png", 200);
  }
  write("cats/broken.png", "no picture");
  std::ifstream whole(folder / "dogs/a/0.png", std::ios::binary);
  std::string half{std::istreambuf_iterator<char>(whole), {}};
  write("dogs/half.png", half.substr(0, half.size() / 2));
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

/// In every range the vectorised formula and the table give the rounded result of double precision.
TEST(Scale, OfEveryByte) {
  std::vector<uint8_t> bytes(256 + 7); // no multiple of a vector's length
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = uint8_t(i);
  for (auto [lo, hi] : {std::pair(0.0, 1.0), {-1.0, 1.0}, {0.0, 255.0}, {0.1, 0.9}, {-0.3, 2.7}, {-1e-3, 1e3}}) {
    std::vector<float> out(bytes.size());
    Scale(lo, hi).apply(bytes.data(), bytes.size(), out.data());
    for (size_t i = 0; i < bytes.size(); ++i)
      EXPECT_EQ(out[i], float(lo + (hi - lo) * (double(bytes[i]) / 255.0))) << lo << " " << hi << " " << i;
  }
}

/// Images from memory and from the disk, mirrored, more than one task converts, and a batch that is larger than the
/// data.
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
    found.altered.push_back({.mirrored = j % 2 == 1});
  Scale scale(input.lo, input.hi);
  std::vector<float> out(size_t(batch * data.imageBytes())), expected(size_t(data.imageBytes()));
  normalise(data, input, scale, found, out.data());
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
  normalise(data, input, scale, labels, hot.data());
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

// ---- augmentation ----

Dataset imageOf(int64_t height, int64_t width) {
  Dataset data;
  data.channels = 1, data.height = height, data.width = width;
  return data;
}

/// A shift by whole pixels takes the numbers as they are; beyond the border lies the reflection.
TEST(Augmentation, ShiftsByWholePixels) {
  Dataset data = imageOf(2, 4);
  std::vector<float> image = {1, 2, 3, 4, 5, 6, 7, 8};
  alter(data, {.right = 1, .down = -1}, 0, 10, image.data());
  EXPECT_EQ(image, (std::vector<float>{2, 3, 4, 4, 2, 3, 4, 4}));
}

TEST(Augmentation, TurnsAndCrops) {
  Dataset data = imageOf(4, 4);
  std::vector<float> image(16), turned(16);
  for (size_t i = 0; i < 16; ++i)
    image[i] = float(i);
  std::vector<float> original = image;
  alter(data, {.angle = float(std::numbers::pi / 2)}, 0, 100, image.data());
  for (size_t y = 0; y < 4; ++y)
    for (size_t x = 0; x < 4; ++x)
      EXPECT_NEAR(image[y * 4 + x], original[x * 4 + 3 - y], 1e-4) << y << " " << x;
  alter(data, {.size = 0.5f}, 0, 100, original.data()); // the middle half: a plane stays a plane
  for (size_t y = 0; y < 4; ++y)
    for (size_t x = 0; x < 4; ++x)
      EXPECT_NEAR(original[y * 4 + x], 7.5 + 2 * (double(y) - 1.5) + 0.5 * (double(x) - 1.5), 1e-4);
}

TEST(Augmentation, ColoursStayInTheRange) {
  Dataset data = imageOf(1, 4);
  std::vector<float> image = {-1, 0, 0.5f, 0.5f};
  alter(data, {.brighter = 0.25f, .steep = 2}, -1, 1, image.data());
  EXPECT_EQ(image, (std::vector<float>{-1, 0.5f, 1, 1})); // mean 0: -2 + 0.5, 0 + 0.5, 1 + 0.5
}

/// Every draw lies in its bounds, each sample has its own, and one change does not move the draws of another.
TEST(Augmentation, DrawsBySample) {
  Dataset data = imageOf(8, 8);
  Augmentation all = readAugmentation("flip, shift 2,crop 0.5, rotate 10, brightness 0.2, contrast 0.3"),
               few = readAugmentation("rotate 10");
  std::set<float> angles;
  std::set<float> shifts;
  for (uint64_t j = 0; j < 300; ++j) {
    Alteration a = drawAlteration(all, data, 5, 0, 7, j), b = drawAlteration(few, data, 5, 0, 7, j);
    EXPECT_EQ(a.angle, b.angle);
    EXPECT_FALSE(b.mirrored || b.recolours() || b.right != 0 || b.size != 1);
    EXPECT_TRUE(a.size >= 0.5f && a.size <= 1 && std::abs(a.angle) <= 0.1746f && std::abs(a.brighter) <= 0.2f);
    EXPECT_TRUE(a.steep >= 0.7f && a.steep <= 1.3f && std::abs(a.right) <= 4 && std::abs(a.down) <= 4);
    angles.insert(a.angle);
    shifts.insert(drawAlteration(readAugmentation("shift 2"), data, 5, 0, 7, j).right);
  }
  EXPECT_GT(angles.size(), 290u);
  EXPECT_EQ(shifts, (std::set<float>{-2, -1, 0, 1, 2}));
  EXPECT_NE(drawAlteration(few, data, 5, 0, 8, 0).angle, drawAlteration(few, data, 5, 0, 7, 0).angle);
}

TEST(Augmentation, MistakesAreTold) {
  auto why = [](const std::string &text) -> std::string {
    try {
      readAugmentation(text);
      return "";
    } catch (const UserError &e) {
      return e.what();
    }
  };
  EXPECT_EQ(why(""), "");
  EXPECT_EQ(why("flip,rotat 3"), "--augment rotat 3: did you mean rotate?");
  EXPECT_EQ(why("shift 1.5"), "--augment shift 1.5: shift takes a whole number from 0 to 1000");
  EXPECT_EQ(why("crop"), "--augment crop: crop takes a number from 0.05 to 1");
  EXPECT_NE(why("blur 3").find("there are flip, shift N"), std::string::npos) << why("blur 3");
}

} // namespace
} // namespace ganrt
