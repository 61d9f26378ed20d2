// Large models on the driver that stands in for a card, with fewer channels: an iteration as on
// the processor, and whole iterations as in training.
#include "tests/oracles/Program.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <regex>

namespace gan::test {
namespace {

/// The model with an eighth of its channels, latent numbers and units.
std::string narrow(const std::string &text) {
  static const std::regex width(R"(((?:conv|conv_transpose|linear|reshape) \(?|(?:normal|gaussian|uniform)\()(\d+))");
  std::string out;
  auto end = text.cbegin();
  for (std::sregex_iterator it(text.begin(), text.end(), width), none; it != none; ++it) {
    int wide = std::stoi((*it)[2]);
    out.append(end, text.cbegin() + it->position(2));
    out += std::to_string(wide < 32 ? wide : wide / 8);
    end = text.cbegin() + it->position(2) + it->length(2);
  }
  return out.append(end, text.cend());
}

class NarrowModels : public testing::TestWithParam<const char *> {};

TEST_P(NarrowModels, AgreeOnADevice) {
  std::string folder = freshFolder("narrow-" + std::filesystem::path(GetParam()).stem().string()),
              path = folder + "/m.gan", text = readText(SOURCE_FOLDER "/" + std::string(GetParam()) + ".gan");
  writeText(path, narrow(text));
  ASSERT_LT(narrow(text).size(), text.size()) << "nothing is narrower";
  StandIn device = cudaStandIn();
  std::string program = buildProgram(path, folder + "/m", "--batch 4 --target x86-64-v3," + device.target);
  ASSERT_FALSE(program.empty());
  auto info = programInfo(program);
  Tensors state = givenState(info, 3, 1), inputs = givenInputs(info, 1);
  expectAgreement(traceProgram(device.environment + program, folder, state, inputs, 2, device.option),
                  traceProgram(program, folder, state, inputs, 2, "--device cpu"), GetParam());
  expectToRun(program, device);
}
INSTANTIATE_TEST_SUITE_P(Oracles, NarrowModels,
                         testing::Values("models/dcgan", "models/infogan", "models/ss_infogan", "models/vaegan",
                                         "tests/models/dcgan_mnist", "tests/models/ddpm"));

} // namespace
} // namespace gan::test
