// Tests the parts of the uses of a trained model: ways between codes, Parzen windows, arrays, chosen latents.
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Lenient.h"
#include "runtime/base/Safetensors.h"
#include "runtime/data/Arrays.h"
#include "runtime/device/Threads.h"
#include "runtime/generate/ArrayFile.h"
#include "runtime/generate/Font.h"
#include "runtime/generate/Generate.h"
#include "runtime/generate/Interpolate.h"
#include "runtime/generate/Likelihood.h"

#include <cmath>
#include <csignal>
#include <filesystem>
#include <gtest/gtest.h>
#include <numbers>
#include <sys/resource.h>

namespace ganrt {
namespace {

namespace fs = std::filesystem;

TEST(Interpolate, EndsAreExactAndTheSphereIsKept) {
  std::vector<double> a{3, 0, 0.1}, b{0, 4, -0.7};
  for (auto way : {linear, spherical}) {
    EXPECT_EQ(way(a, b, 0), a);
    EXPECT_EQ(way(a, b, 1), b);
  }
  EXPECT_EQ(linear({0, 2}, {4, 0}, 0.25), (std::vector<double>{1, 1.5}));
  std::vector<double> middle = spherical({2, 0}, {0, 2}, 0.5);
  EXPECT_NEAR(middle[0], std::numbers::sqrt2, 1e-12);
  EXPECT_NEAR(middle[1], std::numbers::sqrt2, 1e-12);
  std::vector<double> third = spherical({1, 0}, {0, 3}, 1.0 / 3); // 30 degrees, a third of the way from length 1 to 3
  EXPECT_NEAR(std::hypot(third[0], third[1]), 5.0 / 3, 1e-12);
  EXPECT_NEAR(std::atan2(third[1], third[0]), std::numbers::pi / 6, 1e-12);
  EXPECT_EQ(spherical({1, 1}, {2, 2}, 0.5), (std::vector<double>{1.5, 1.5})); // both have one direction
  EXPECT_TRUE(std::isfinite(spherical({0, 0}, {1, 0}, 0.5)[0]));
}

Points somePoints(size_t count, size_t size, double shift) {
  Points points{count, size, {}};
  for (size_t i = 0; i < count * size; ++i)
    points.values.push_back(float(std::sin(double(i) * 1.7 + shift)));
  return points;
}

TEST(Parzen, AgreesWithPlainSums) {
  Points samples = somePoints(37, 19, 0), at = somePoints(11, 19, 0.3);
  std::vector<double> sigmas{0.2, 0.7}, one = parzenDensities(samples, at, sigmas, [](int64_t) {});
  for (size_t i = 0; i < at.count; ++i)
    for (size_t s = 0; s < sigmas.size(); ++s) {
      double sum = 0, variance = sigmas[s] * sigmas[s];
      for (size_t j = 0; j < samples.count; ++j) {
        double square = 0;
        for (size_t k = 0; k < 19; ++k)
          square += std::pow(double(at.values[i * 19 + k]) - double(samples.values[j * 19 + k]), 2);
        sum += std::exp(-square / (2 * variance)) / 37;
      }
      double expected = std::log(sum) - 19 * 0.5 * std::log(2 * std::numbers::pi * variance);
      EXPECT_NEAR(one[i * 2 + s], expected, 1e-6 * std::abs(expected)) << i << " " << s; // 1.4e-8 was measured
    }
  kernelThreads().start(3);
  EXPECT_EQ(parzenDensities(samples, at, sigmas, [](int64_t) {}), one) << "depends on the number of threads";
  kernelThreads().start(1);
}

TEST(Parzen, TakesTheDeviationThatSuitsTheValidation) {
  Points samples = somePoints(300, 2, 0), others = somePoints(200, 2, 0.5);
  Parzen parzen = parzenWindow(samples, others, others, 1, [](int64_t) {});
  for (double sigma : {0.01, 1.0}) {
    double mean = 0;
    for (double d : parzenDensities(samples, others, {sigma}, [](int64_t) {}))
      mean += d / 200;
    EXPECT_GE(parzen.estimate.mean, mean - 1e-9) << sigma;
  }
  EXPECT_GT(parzen.estimate.error, 0);
}

TEST(ArrayFile, IsReadBack) {
  std::string folder = BINARY_FOLDER "/test-work/arrays";
  fs::create_directories(folder);
  Array array{"codes", {3, 1, 2, 5}, {}};
  for (int i = 0; i < 30; ++i)
    array.numbers.push_back(float(i) / 30);
  writeArrays(folder + "/a.npy", "npy", {array});
  std::string note;
  WantedData wanted{.channels = 1, .height = 2, .width = 5};
  Dataset data = readArrays(folder + "/a.npy", "", Part::Train, wanted, note);
  EXPECT_EQ(data.count, 3);
  std::vector<float> image(10);
  scaledImage(data, 2, Scale(0, 1), image.data());
  EXPECT_FLOAT_EQ(image[9], float(29) / 30);
  writeArrays(folder + "/a.safetensors", "safetensors", {array, {"labels", {3}, {1, 2, 3}}});
  TensorFile file = readTensors(folder + "/a.safetensors");
  EXPECT_EQ(file.tensors.at("codes").shape, array.shape);
  EXPECT_EQ(file.tensors.at("labels").values, (std::vector<double>{1, 2, 3}));
  writeArrays(folder + "/one.npy", "npy", {{"one", {7}, std::vector<float>(7)}});
  EXPECT_EQ(fs::file_size(folder + "/one.npy") % 64, size_t(7 * 4) % 64);
  EXPECT_EQ(outputFormat("x.npy", "", "png"), "npy");
  EXPECT_EQ(outputFormat("-", "", "png"), "png");
  EXPECT_EQ(outputFormat("new/", "", "png"), folderFormat);
  EXPECT_EQ(outputFormat(folder, "png", "png"), folderFormat);
  EXPECT_THROW(outputFormat("x.gif", "", "png"), UserError);
}

/// Samples are written in pieces of any size, those of several arrays in turn.
TEST(ArrayFile, GrowsInPieces) {
  std::string folder = BINARY_FOLDER "/test-work/arrays-in-pieces";
  fs::create_directories(folder);
  std::vector<Array> arrays{{"a", {9, 2}, {}}, {"b", {9, 3}, {}}, {"c", {9}, {}}};
  for (Array &array : arrays)
    for (int64_t i = 0; i < 9 * (array.shape.size() > 1 ? array.shape[1] : 1); ++i)
      array.numbers.push_back(float(i) + float(array.name[0]) * 100);
  std::vector<TensorHead> heads;
  for (const Array &array : arrays)
    heads.push_back({array.name, array.shape, false});
  {
    ArrayWriter writer(folder + "/pieces.safetensors", "safetensors", heads);
    for (auto [first, end] : {std::pair(0, 4), {4, 5}, {5, 9}})
      for (size_t i = 0; i < arrays.size(); ++i) {
        auto each = int64_t(arrays[i].numbers.size()) / 9;
        writer.append(i, {arrays[i].numbers.begin() + first * each, arrays[i].numbers.begin() + end * each});
      }
    EXPECT_FALSE(fs::exists(folder + "/pieces.safetensors")) << "appears whole";
    writer.commit();
  }
  writeArrays(folder + "/whole.safetensors", "safetensors", arrays);
  EXPECT_EQ(readWholeFile(folder + "/pieces.safetensors"), readWholeFile(folder + "/whole.safetensors"));
  EXPECT_EQ(readTensors(folder + "/pieces.safetensors").tensors.at("c").values[8], 9908);
  fs::remove(folder + "/pieces.safetensors");
}

TEST(Generate, LatentsThatUsersChoose) {
  gan_input inputs[2] = {};
  inputs[0].name = "c", inputs[0].kind = GAN_INPUT_CATEGORICAL, inputs[0].layout = {GAN_F32, 2, {4, 10}, 0, {}, {}};
  inputs[1].name = "t", inputs[1].kind = GAN_INPUT_UNIFORM, inputs[1].layout = {GAN_F32, 2, {4, 2}, 0, {}, {}};
  gan_graph table{};
  table.inputs = inputs, table.num_inputs = 2;
  std::vector<std::string> settings{"c=3", "G.lr=0.1", "t.1=0.5", "t=0.5,-1"};
  std::vector<Chosen> chosen = takeChosen(table, settings);
  ASSERT_EQ(chosen.size(), 3u);
  EXPECT_EQ(settings, (std::vector<std::string>{"G.lr=0.1"}));
  EXPECT_EQ(chosen[1].element, 1);
  EXPECT_EQ(chosen[2].values, (std::vector<double>{0.5, -1}));
  for (const char *wrong : {"c=10", "c=1.5", "c=-1", "c=1,2", "t=1,2,3", "t.2=1", "t.x=1", "t=", "t=much", "t.=1"}) {
    std::vector<std::string> one{wrong};
    EXPECT_THROW(takeChosen(table, one), UserError) << wrong;
  }
}

TEST(Generate, ClassesHaveNames) {
  gan_input inputs[2] = {};
  inputs[0].name = "c", inputs[0].kind = GAN_INPUT_CATEGORICAL, inputs[0].layout = {GAN_F32, 2, {4, 3}, 0, {}, {}};
  inputs[1].name = "y", inputs[1].kind = GAN_INPUT_CATEGORICAL, inputs[1].layout = {GAN_F32, 2, {4, 4}, 0, {}, {}};
  gan_graph table{};
  table.inputs = inputs, table.num_inputs = 2;
  ClassNames names{{"y", {"1", "2", "a cat, sleeping", "dog"}}};
  auto number = [&](const std::string &setting) {
    std::vector<std::string> settings{setting};
    return takeChosen(table, settings, names).at(0).values.at(0);
  };
  EXPECT_EQ(number("y=dog"), 3);
  EXPECT_EQ(number("y=a cat, sleeping"), 2);
  EXPECT_EQ(number("y=2"), 1) << "a name goes before a number";
  EXPECT_EQ(number("y=0"), 0) << "no name";
  EXPECT_EQ(number("c=2"), 2) << "a latent's classes have no names";
  for (const char *wrong : {"y=bird", "y=4", "y=", "y=-1", "y=1.0", "c=dog"})
    EXPECT_THROW(number(wrong), UserError) << wrong;
  try {
    number("y=bird");
  } catch (const UserError &e) {
    EXPECT_STREQ(e.what(), "--set y=bird: bird is no class; there are 1, 2, a cat, sleeping, dog");
  }
}

Shown filled(const char *name, std::vector<int64_t> shape, float value) {
  Shown shown{{name, shape, {}}, 0, 1, shape.size() == 4, GAN_OBSERVE_VALUE};
  size_t count = 1;
  for (int64_t size : shape)
    count *= size_t(size);
  shown.array.numbers.assign(count, value);
  return shown;
}

/// Pictures of several sizes and colours share a grid, in which each has its own row; arrays are left out.
TEST(Picture, RowsOfASheet) {
  Shown given = filled("G", {3, 1, 4, 6}, 1), value = filled("G", {3, 3, 2, 2}, 0.2f), array = filled("k", {3, 5}, 1);
  given.kind = GAN_OBSERVE_GIVEN;
  Grid grid = sheet({given, value, array}, 2);
  EXPECT_EQ(std::tuple(grid.height, grid.width, grid.channels, grid.columns), std::tuple(4, 6, 3, 2));
  ASSERT_EQ(grid.images.size(), 8u); // two rows of two for each, and the last image of each is empty
  EXPECT_EQ(grid.images[1], std::vector<uint8_t>(72, 255));
  EXPECT_EQ(grid.images[2][5], 51);
  EXPECT_EQ(grid.images[2][6], Grid::background) << "beside the smaller picture";
  EXPECT_EQ(grid.images[5], std::vector<uint8_t>(72, Grid::background));
  EXPECT_TRUE(sheet({array}, 2).images.empty());
  Grid alpha = pictures(filled("A", {1, 4, 2, 2}, 0.5f));
  EXPECT_EQ(encodePng(alpha).channels, 4);
}

TEST(Lenient, TellsOnceAndGoesOn) {
  Lenient lenient;
  int done = 0;
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i)
    lenient.attempt("a picture is missing", [&] {
      ++done;
      throw UserError("no room");
    });
  lenient.attempt("a line waits", [&] { throw std::bad_alloc(); });
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "warning: a picture is missing: no room; training goes on\n"
                                                    "warning: a line waits: out of memory; training goes on\n");
  EXPECT_EQ(done, 3);
}

/// A limit on the size of files simulates a full disk.
TEST(LineFile, LinesThatCannotBeWrittenAreKept) {
  fs::create_directories(BINARY_FOLDER "/test-work");
  std::string path = BINARY_FOLDER "/test-work/lines";
  fs::remove(path);
  LineFile lines(path);
  lines.append("first");
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small{10, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THROW(lines.append("second"), UserError);
  EXPECT_THROW(lines.sync(), UserError) << "a checkpoint would count lines that are not there";
  EXPECT_EQ(readWholeFile(path), "first\n") << "half a line stays";
  setrlimit(RLIMIT_FSIZE, &before);
  lines.append("third");
  EXPECT_EQ(readWholeFile(path), "first\nsecond\nthird\n");
  EXPECT_EQ(lines.bytes(), 19u);
}

TEST(Picture, CaptionsAreDrawnAbove) {
  Grid plain;
  plain.height = 6, plain.width = 9, plain.columns = 2;
  plain.images.assign(3, std::vector<uint8_t>(54, 100));
  Grid captioned = plain;
  captioned.captions = {"1.5", "-2", "longer than there is room"};
  Png without = encodePng(plain), with = encodePng(captioned);
  EXPECT_EQ(without.height, 2 * (6 + 2) + 2);
  EXPECT_EQ(with.height, without.height + 2 * (letterHeight + 2));
  EXPECT_EQ(with.width, without.width);
  EXPECT_TRUE(inked('1', 4, 0) && !inked(' ', 2, 1) && inked('G', 0, 1) == inked('g', 0, 1));
}

} // namespace
} // namespace ganrt
