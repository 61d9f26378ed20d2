// Compares three steps of models with PyTorch in double precision, whose values are committed: every loss, gradient and
// new state.
#include "tests/oracles/Program.h"
#include "tests/oracles/Sketch.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>

namespace gan::test {
namespace {

std::vector<std::string> goldens() {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(SOURCE_FOLDER "/tests/golden"))
    if (entry.path().extension() == ".json")
      names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

/// The distance of a tensor to the one that was sketched.
double sketchedDistance(const ganrt::NamedTensor &t, const nlohmann::ordered_json &expected) {
  double sum = 0;
  for (size_t k = 0; double dot : sketch(t.values))
    sum += std::pow(dot - double(expected[k++]), 2);
  return std::sqrt(sum);
}

class Golden : public testing::TestWithParam<std::string> {};

/// The committed values of a model, and its program.
struct GoldenModel {
  /// `devices` are targets beside the processor: "", or ",cuda".
  GoldenModel(const std::string &name, const std::string &test, const std::string &devices)
      : values(nlohmann::ordered_json::parse(readText(SOURCE_FOLDER "/tests/golden/" + name + ".json"))),
        folder(freshFolder(test + "-" + name)) {
    std::string model = SOURCE_FOLDER "/models/" + name + ".gan", processor = "host";
    if (!std::filesystem::exists(model)) { // the tests of these against the naive reference have the same kernels
      model = SOURCE_FOLDER "/tests/models/" + name + ".gan";
      processor = "x86-64-v3";
    }
    program = buildProgram(model, folder + "/program",
                           "--target " + processor + devices + " --batch " + std::to_string(int(values["batch"])));
  }
  nlohmann::ordered_json values;
  std::string folder, program;
};

/// Compares step `i` as the program computes it, with an environment in front and further options.
void compareStep(const GoldenModel &golden, size_t i, const std::string &environment, const std::string &options) {
  auto info = programInfo(golden.program);
  const auto &step = golden.values["steps"][i];
  Tensors ours = traceProgram(environment + golden.program, golden.folder, givenState(info, 3 + double(i), 11 + i),
                              givenInputs(info, golden.values["inputs"][i]), int64_t(i), options);
  for (auto &[name, t] : ours) // PyTorch keeps no such buffer where the momentum is 0
    EXPECT_TRUE(step.contains(name) || name.ends_with(".momentum_buffer")) << name << " is compared with nothing";
  for (auto &[name, expected] : step.items()) {
    ASSERT_TRUE(ours.count(name)) << name;
    const ganrt::NamedTensor &t = ours.at(name);
    if (expected["zero"]) { // a bias before a batch_norm: its exact gradient is zero, but what is computed is
                            // rounding noise
      EXPECT_TRUE(!name.starts_with("grad.") || norm(t) < 1e-5) << name << " " << norm(t);
      continue;
    }
    double scale = expected["norm"], limit = std::max(1e-4, 4 * double(expected["single"]));
    // A unit within rounding of its kink may take the other gradient: the error is about a hundredth then; a bug makes
    // it about 1.
    bool continuous =
        name.starts_with("loss.") || name.find("running_") != std::string::npos || name.find('.') == std::string::npos;
    if (!continuous && golden.values.contains("margins") && golden.values["margins"][i] < 1e-5)
      limit = std::max(limit, 2e-2);
    double distance = sketchedDistance(t, expected["sketch"]);
    EXPECT_LE(distance, limit * (scale > 0 ? scale : 1)) << "step " << i << " " << name;
  }
}

TEST_P(Golden, ThreeSteps) {
  GoldenModel golden(GetParam(), "golden", "");
  ASSERT_FALSE(golden.program.empty());
  for (size_t i = 0; i < 3; ++i)
    compareStep(golden, i, "", "");
}
INSTANTIATE_TEST_SUITE_P(Oracles, Golden, testing::ValuesIn(goldens()));

/// The seven models on the devices that stand in for cards, one of them on PoCL, which takes long to compile. The large
/// ones take minutes: only with GANC_GOLDEN_ON_DEVICE; DevicesTest.cpp has narrow ones.
class GoldenOnDevice : public testing::TestWithParam<const char *> {};

TEST_P(GoldenOnDevice, OneStep) {
  std::string name = GetParam();
  bool small = name == "ae" || name == "vae" || name == "gan";
  if (!small && !std::getenv("GANC_GOLDEN_ON_DEVICE"))
    GTEST_SKIP() << "GANC_GOLDEN_ON_DEVICE is not set";
  StandIn device = name == "vae" ? openClStandIn() : cudaStandIn();
  GoldenModel golden(name, "golden-" + device.target, "," + device.target);
  ASSERT_FALSE(golden.program.empty());
  compareStep(golden, 1, device.environment, device.option);
}
INSTANTIATE_TEST_SUITE_P(Oracles, GoldenOnDevice,
                         testing::Values("ae", "vae", "gan", "dcgan", "infogan", "ss_infogan", "vaegan"));

/// There are golden values for each shipped model, and for more that exist only for tests.
TEST(Golden, CoversTheModels) {
  std::vector<std::string> names = goldens();
  for (const auto &entry : std::filesystem::directory_iterator(SOURCE_FOLDER "/models"))
    if (entry.path().extension() == ".gan") {
      EXPECT_TRUE(std::find(names.begin(), names.end(), entry.path().stem()) != names.end()) << entry.path();
    }
  EXPECT_GE(names.size(), 30u);
}

} // namespace
} // namespace gan::test
