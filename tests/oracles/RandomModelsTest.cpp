// Random models build, train a step, and agree with the naive reference in losses, gradients and every new state.
#include "dsl/Checker.h"
#include "dsl/Tables.h"
#include "tests/oracles/Neighbours.h"
#include "tests/oracles/Program.h"
#include "tests/oracles/RandomModel.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <numeric>
#include <regex>
#include <set>
#include <sstream>

namespace gan::test {
namespace {

class RandomModels : public testing::TestWithParam<int> {};

/// Models of both kinds. Some are built for another batch size than their own, and most are compared in an iteration in
/// which each step runs.
std::string textOf(uint64_t seed) { return seed % 4 == 3 ? randomTraining(seed) : randomModel(seed); }
std::optional<int64_t> batchOf(uint64_t seed) { return seed % 8 >= 6 ? std::optional<int64_t>(6) : std::nullopt; }

/// The devices that a model is tried on beside the processor: each on PoCL, those of every fourth number on the driver
/// that stands in for CUDA's, too. GANC_RANDOM_DEVICE=cuda or opencl tries each on that one alone.
std::vector<StandIn> standInsFor(uint64_t seed) {
  if (const char *wanted = std::getenv("GANC_RANDOM_DEVICE"))
    return {std::string(wanted) == "opencl" ? openClStandIn() : cudaStandIn()};
  if (seed % 4)
    return {openClStandIn()};
  return {openClStandIn(), cudaStandIn()};
}

TEST_P(RandomModels, AgreeWithReference) {
  uint64_t seed = uint64_t(GetParam());
  std::string folder = freshFolder("random-" + std::to_string(seed)), path = folder + "/m.gan", text = textOf(seed);
  std::optional<int64_t> batch = batchOf(seed);
  int64_t iteration = seed % 3 ? 2 : 1;
  writeText(path, text);
  std::vector<StandIn> devices = standInsFor(seed);
  std::string options = "-j 1 --target x86-64-v3";
  for (const StandIn &device : devices)
    options += "," + device.target;
  if (batch)
    options += " --batch " + std::to_string(*batch);
  std::string program = buildProgram(path, folder + "/m", options);
  ASSERT_FALSE(program.empty());
  auto info = programInfo(program);
  Tensors state = givenState(info, 3, seed), inputs = givenInputs(info, seed);
  Tensors exact = referenceIteration(path, state, inputs, iteration, batch);
  expectAgreement(traceProgram(program, folder, state, inputs, iteration, "--device cpu"), exact, text);
  for (const StandIn &device : devices) {
    expectAgreement(traceProgram(device.environment + program, folder, state, inputs, iteration, device.option), exact,
                    device.target + "\n" + text);
    expectToRun(program, device);
  }
}

void compareFile(const std::string &path, std::initializer_list<uint64_t> seeds) {
  std::string folder = freshFolder("model-" + std::filesystem::path(path).stem().string());
  const StandIn devices[] = {cudaStandIn(), openClStandIn()};
  std::string program = buildProgram(path, folder + "/m", "-j 1 --target x86-64-v3,cuda,opencl");
  ASSERT_FALSE(program.empty());
  auto info = programInfo(program);
  for (uint64_t seed : seeds) {
    Tensors state = givenState(info, 3, seed), inputs = givenInputs(info, seed);
    Tensors exact = referenceIteration(path, state, inputs, 0);
    expectAgreement(traceProgram(program, folder, state, inputs, 0, "--device cpu"), exact, path);
    for (const StandIn &device : devices)
      expectAgreement(traceProgram(device.environment + program, folder, state, inputs, 0, device.option), exact,
                      path + " on " + device.target);
  }
  for (const StandIn &device : devices)
    expectToRun(program, device);
}

/// Models that have what random ones do not: streams, repeated steps, gates and averages as users write them. Two of
/// them take too long with the naive reference, or on PoCL; DevicesTest.cpp has them.
std::vector<std::string> testModels() {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(SOURCE_FOLDER "/tests/models"))
    if (entry.path().extension() == ".gan" && entry.path().stem() != "dcgan_mnist" && entry.path().stem() != "ddpm")
      names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

class Models : public testing::TestWithParam<std::string> {};
TEST_P(Models, AgreeWithReference) { compareFile(SOURCE_FOLDER "/tests/models/" + GetParam() + ".gan", {1, 2, 3}); }
INSTANTIATE_TEST_SUITE_P(Oracles, Models, testing::ValuesIn(testModels()));

/// Models of anybody: GANC_MODELS=a.gan:b.gan
TEST(EnvironmentsModels, AgreeWithReference) {
  const char *files = std::getenv("GANC_MODELS");
  if (!files)
    GTEST_SKIP() << "GANC_MODELS names no files";
  std::istringstream list(files);
  for (std::string path; std::getline(list, path, ':');)
    compareFile(path, {1, 2});
}

/// Every layer stands before another and behind one, and nearly every pair of layers gives a model that `check`
/// accepts.
TEST(Neighbours, CoverTheLayers) {
  std::vector<std::string> pairs = neighbours();
  // A pair is four lines: the start, the first layer, the second layer and the end. The first and last are the same for
  // all pairs, so that only layers at the start of a statement in the other two count.
  auto stands = [](const std::string &pair, int line, std::string_view layer) {
    std::istringstream lines(pair);
    std::string text;
    for (int i = 0; i <= line; ++i)
      std::getline(lines, text);
    return std::regex_search(text, std::regex("(^ +|: |; )" + std::string(layer) + "( |$)"));
  };
  for (const dsl::LayerRow &row : dsl::layerRows())
    for (int line : {1, 2}) {
      auto count =
          std::count_if(pairs.begin(), pairs.end(), [&](auto &pair) { return stands(pair, line, row.spelling); });
      EXPECT_GT(count, 10) << row.spelling << (line == 1 ? " before others" : " behind others");
    }
  EXPECT_GT(pairs.size(), 900u);
}

/// GANC_NEIGHBOURS=31 takes one of 31 pairs of layers; 1 takes all of them, which needs hours.
TEST(Neighbours, AgreeWithReference) {
  const char *every = std::getenv("GANC_NEIGHBOURS");
  if (!every)
    GTEST_SKIP() << "GANC_NEIGHBOURS is not set";
  size_t stride = size_t(std::max(1, std::atoi(every)));
  std::vector<std::string> pairs = neighbours(), blocks;
  std::string folder = freshFolder("neighbours");
  for (size_t i = 0; i < pairs.size(); i += stride) {
    blocks.push_back(pairs[i]);
    if (blocks.size() < 8 && i + stride < pairs.size())
      continue;
    printf("pairs up to %zu of %zu\n", i + 1, pairs.size());
    fflush(stdout);
    writeText(folder + "/m.gan", modelOfBlocks(blocks));
    compareFile(folder + "/m.gan", {i});
    blocks.clear();
  }
}

/// What the generators should draw, as patterns of the text.
std::vector<std::pair<std::string, std::regex>> everything() {
  std::vector<std::pair<std::string, std::regex>> all;
  auto add = [&](const std::string &word, const char *after) {
    all.emplace_back(word, std::regex("[^.a-z_]" + word + after));
  };
  for (const dsl::LayerRow &row : dsl::layerRows())
    add(std::string(row.spelling), "(\\n| [^=*+/-])");
  for (const dsl::FunctionRow &row : dsl::functionRows())
    add(std::string(row.spelling), "\\(");
  for (const dsl::OptimizerRow &row : dsl::optimizerRows())
    add(std::string(row.spelling), "\\(");
  for (const char *layer : {"linear", "maxout", "conv", "conv_transpose", "embedding"})
    add(layer, "[^;\n]*spectral on");
  for (const char *words : {"batch_norm by",
                            "global",
                            "codebook 4, ema",
                            "step B.l",
                            "w: laplace",
                            "w: logistic",
                            "student_t",
                            "every",
                            "times",
                            "accumulate",
                            "when",
                            "from",
                            "clip_grad",
                            "clip_weight",
                            "average",
                            "choose",
                            "ramp\\(.* epochs",
                            "ramp\\(.* steps",
                            "decay\\(.* epoch",
                            "decay\\(.* step",
                            "cosine\\(",
                            "cyclic\\(",
                            "steps\\(",
                            "warm_up\\(",
                            "instance_norm by",
                            "layer_norm by",
                            "group_norm 2, by",
                            "temperature",
                            "hard on"})
    add(words, "");
  return all;
}

/// Of the first 600 numbers, those of models with few kernels, because PoCL takes a tenth of a second to compile one.
/// Together they draw everything at least twice. GANC_RANDOM_MODELS=500 takes so many, one after the other.
std::vector<int> modelSeeds() {
  if (const char *count = std::getenv("GANC_RANDOM_MODELS")) {
    std::vector<int> all(size_t(std::atoi(count)));
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  return {463, 415, 165, 95, 15, 42,  11,  458, 487, 491, 599, 0,   323, 475, 539, 563, 511, 471, 459, 179, 499,
          131, 147, 567, 57, 64, 218, 108, 58,  240, 122, 181, 120, 213, 233, 572, 472, 480, 212, 334, 182, 166};
}

/// A new row of the language that the generators do not draw fails here.
TEST(Generators, DrawEverything) {
  std::string all;
  size_t batches = 0;
  for (int seed : modelSeeds()) {
    all += textOf(uint64_t(seed));
    batches += batchOf(uint64_t(seed)).has_value();
  }
  for (const auto &[word, pattern] : everything())
    EXPECT_TRUE(std::regex_search(all, pattern)) << word << " is never drawn";
  EXPECT_GT(batches, 0u);
}

INSTANTIATE_TEST_SUITE_P(Oracles, RandomModels, testing::ValuesIn(modelSeeds()));

} // namespace
} // namespace gan::test
