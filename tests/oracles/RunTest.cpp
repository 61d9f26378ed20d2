// Tests runs that are stopped, resumed, replaced, or started from other runs.
#include "tests/oracles/Program.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace gan::test {
namespace {

namespace fs = std::filesystem;

class Run : public testing::Test {
protected:
  static void SetUpTestSuite() {
    home = freshFolder("runs-" + std::to_string(getpid()));
    program = buildProgram(SOURCE_FOLDER "/models/vae.gan", home + "/vae", "--batch 32");
    ASSERT_EQ(run("train --data builtin:glyphs --steps 320 --out " + home + "/whole -q"), 0) << log();
  }
  static void TearDownTestSuite() { fs::remove_all(home); }

  static int run(const std::string &arguments) { return runCommand(program + " " + arguments, home + "/log"); }
  static std::string log() { return readText(home + "/log"); }
  static std::string train(const std::string &name) {
    return "train --data builtin:glyphs -q --out " + home + "/" + name + " ";
  }
  static void expectSame(const std::string &name, const std::string &file) {
    EXPECT_TRUE(readText(home + "/whole/" + file) == readText(home + "/" + name + "/" + file)) << file;
  }
  static void expectSameAsWhole(const std::string &name) {
    for (const char *file : {"metrics.jsonl", "checkpoints/final.safetensors", "samples/epoch-0001.png",
                             "samples/epoch-0002.png", "reconstructions/epoch-0002.png"})
      expectSame(name, file);
  }

  static std::string home, program;
};
std::string Run::home, Run::program;

TEST_F(Run, AShorterRunIsContinued) {
  ASSERT_EQ(run(train("short") + "--steps 131 --threads 2"), 0) << log();
  ASSERT_EQ(run("train --resume " + home + "/short --steps 320 --threads 1 -q"), 0) << log();
  expectSameAsWhole("short");
  ASSERT_EQ(run("train --resume " + home + "/short"), 0) << log();
  EXPECT_NE(log().find("is complete, 320 iterations"), std::string::npos) << log();
}

TEST_F(Run, SignalsEndItAfterTheStep) {
  for (auto [name, number] : {std::pair("INT", 130), std::pair("TERM", 143)}) {
    std::string folder = home + "/" + name;
    // The signal is sent as soon as training writes metrics.
    std::string command = "bash -c '" + program + " " + train(name) + "--steps 100000 & while [ ! -s " + folder +
                          "/metrics.jsonl ]; do sleep 0.01; done; kill -" + name + " $!; wait $!'";
    EXPECT_EQ(runCommand(command, home + "/log"), number) << log();
    EXPECT_NE(log().find("go on with: train --resume " + folder), std::string::npos) << log();
    uint64_t reached =
        std::stoull(ganrt::readTensors(folder + "/checkpoints/last.safetensors").metadata.at("iteration"));
    // Where the signal came depends on the machine, so the run that it is compared with is as long as it needs to be.
    std::string length = "--steps " + std::to_string(reached + 50), whole = std::string(name) + "-whole";
    ASSERT_EQ(run("train -q " + length + " --resume " + folder), 0) << log();
    ASSERT_EQ(run(train(whole) + length), 0) << log();
    for (const char *file : {"metrics.jsonl", "checkpoints/final.safetensors", "samples/epoch-0001.png"})
      EXPECT_TRUE(readText(folder + "/" + file) == readText(home + "/" + whole + "/" + file)) << file;
  }
}

TEST_F(Run, StaysWhatItWasWhenAnotherIsRefused) {
  ASSERT_EQ(run(train("kept") + "--steps 10"), 0) << log();
  std::string metrics = readText(home + "/kept/metrics.jsonl");
  EXPECT_EQ(run("train --data nowhere -q --force --out " + home + "/kept"), 1);
  EXPECT_EQ(readText(home + "/kept/metrics.jsonl"), metrics);
  ASSERT_EQ(run(train("kept") + "--force --steps 20"), 0) << log();
  EXPECT_NE(readText(home + "/kept/metrics.jsonl"), metrics);
  for (const auto &entry : fs::directory_iterator(home))
    EXPECT_EQ(entry.path().string().find(".tmp"), std::string::npos) << entry.path();
}

TEST_F(Run, KeepsTheNewestAndTheBest) {
  ASSERT_EQ(run(train("keep") + "--epochs 3 --keep 2 --best max:elbo --batch 1"), 1);
  ASSERT_EQ(run(train("keep") + "--epochs 3 --keep 2 --best max:elbo"), 0) << log();
  std::vector<std::string> names;
  for (const auto &entry : fs::directory_iterator(home + "/keep/checkpoints"))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"best.safetensors", "final.safetensors", "step-00000624.safetensors",
                                             "step-00000936.safetensors"}));
}

TEST_F(Run, AConfigurationMakesTheSameRun) {
  ASSERT_EQ(run("train -q --config " + home + "/whole/config.json --out " + home + "/again"), 0) << log();
  expectSameAsWhole("again");
  ASSERT_EQ(run("sample --config " + home + "/whole/config.json --checkpoint " + home + "/whole -o " + home + "/s.png"),
            0)
      << log();
}

TEST_F(Run, StartsFromOtherTensors) {
  std::string wider = readText(SOURCE_FOLDER "/models/vae.gan");
  wider.replace(wider.rfind("linear 400"), 10, "linear 300");
  writeText(home + "/wider.gan", wider);
  std::string other = buildProgram(home + "/wider.gan", home + "/wider", "--batch 32");
  auto otherRun = [&](const std::string &arguments) { return runCommand(other + " " + arguments, home + "/log"); };
  EXPECT_EQ(otherRun("train --resume " + home + "/whole"), 1);
  EXPECT_NE(log().find("is a run of another model text; line 15: `    linear 300 ; relu`, was `    linear 400 ; relu`"),
            std::string::npos)
      << log();
  std::string from = train("from") + "--steps 5 --warm-start " + home + "/whole";
  EXPECT_EQ(otherRun(from), 1);
  EXPECT_NE(log().find("tensor P.0.weight has shape (400, 20), the model's is (300, 20)"), std::string::npos) << log();
  EXPECT_FALSE(fs::exists(home + "/from"));
  EXPECT_EQ(otherRun(from + " --partial"), 0);
  EXPECT_NE(log().find("not loaded, left as in a fresh state:\n  tensor P.0.weight"), std::string::npos) << log();
}

TEST_F(Run, OneTrainerAtATime) {
  std::string folder = home + "/busy";
  std::string command = "bash -c '" + program + " " + train("busy") + "--steps 100000 & while [ ! -s " + folder +
                        "/metrics.jsonl ]; do sleep 0.01; done; " + program + " train --resume " + folder +
                        "; status=$?; kill $!; wait $!; exit $status'";
  EXPECT_EQ(runCommand(command, home + "/log"), 1) << log();
  EXPECT_NE(log().find("another trainer is at work on this run"), std::string::npos) << log();
}

} // namespace
} // namespace gan::test
