// Tests values that cannot be shown as pictures, and models for which some commands are not available. Every command
// works, or refuses before it reads anything, with a sentence that names another command. A failure beside training
// does not end training.
#include "runtime/generate/ArrayFile.h"
#include "runtime/program/Numbers.h"
#include "tests/oracles/Program.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace gan::test {
namespace {

namespace fs = std::filesystem;

class Show : public testing::Test {
protected:
  void SetUp() override { home = freshFolder("show-" + std::to_string(getpid())); }
  void TearDown() override { fs::remove_all(home); }
  void build(const std::string &text) {
    writeText(home + "/model.gan", text);
    program = buildProgram(home + "/model.gan", home + "/trainer");
    ASSERT_FALSE(program.empty());
  }
  int run(const std::string &arguments) const {
    return runCommand("bash -c 'cd " + home + " && " + program + " " + arguments + "'", home + "/log");
  }
  std::string log() const { return readText(home + "/log"); }
  void works(const std::string &command, const std::string &file) const {
    EXPECT_EQ(run(command + " --checkpoint run"), 0) << command << "\n" << log();
    EXPECT_TRUE(fs::exists(home + "/" + file)) << command << "\n" << log();
  }
  /// Neither a checkpoint nor data exist: the command must refuse before it looks for them.
  void refuses(const std::string &command, const std::string &other) const {
    EXPECT_EQ(run(command + " --checkpoint nowhere"), 1) << command;
    EXPECT_NE(log().find(" error: " + command), std::string::npos) << log();
    EXPECT_NE(log().find("`" + other + "`"), std::string::npos) << log();
  }

  std::string home, program;
};

TEST_F(Show, ATableOfNumbersAndClasses) {
  build(R"(model table

data x: vector(5) in [-5, 5]

latent z: normal(2)

encoder Numbers(x) -> vector(2) {
    reshape (1, 1, 5) ; crop (0, 0, 0, 3) ; flatten
}

encoder Kind(x) -> vector(3) {
    reshape (1, 1, 5) ; crop (0, 0, 2, 0) ; flatten
}

encoder E(x) -> gaussian(2) {
    linear
}

decoder P(z) -> n: gaussian(2), k: categorical(3) {
    linear
}

train {
    batch 8
    step E, P, Numbers, Kind with adam(lr 1e-3) {
        let made = P(sample(E(x)))
        maximize log_prob(made.n, Numbers(x)) + log_prob(made.k, Kind(x)) - kl(E(x), standard_normal)
    }
}
)");
  ganrt::Array data{"x", {40, 5}, {}};
  for (int i = 0; i < 200; ++i)
    data.numbers.push_back(i % 5 < 2 ? float(i % 7) - 3 : float(i % 5 - 2 == i / 5 % 3));
  ganrt::writeArrays(home + "/x.npy", "npy", {data});
  ASSERT_EQ(run("train -q --data x.npy --epochs 2 --out run"), 0) << log();
  for (const char *file :
       {"samples/epoch-0002.safetensors", "reconstructions/epoch-0001.safetensors", "traversals/z.1.safetensors"})
    EXPECT_TRUE(fs::exists(home + "/run/" + file)) << file;
  works("sample --count 5", "samples.safetensors");
  auto made = ganrt::readTensors(home + "/samples.safetensors").tensors;
  EXPECT_EQ(made.at("P.n").shape, (std::vector<int64_t>{5, 2}));
  EXPECT_EQ(made.at("P.k").shape, (std::vector<int64_t>{5, 3}));
  EXPECT_NEAR(made.at("P.k").values[0] + made.at("P.k").values[1] + made.at("P.k").values[2], 1, 1e-5);
  works("reconstruct --count 5", "reconstructions.safetensors");
  works("interpolate --rows 2 --columns 3", "interpolation.safetensors");
  works("interpolate --between data --rows 2 --columns 3 -o between.safetensors", "between.safetensors");
  works("traverse --rows 2 --columns 3", "traverse/z.0.safetensors");
  works("encode --part train", "codes.npy");
  EXPECT_EQ(run("evaluate --checkpoint run --data x.npy --holdout 0.5"), 0) << log();
  EXPECT_EQ(run("sample --checkpoint run -o s.png"), 1);
  EXPECT_NE(log().find("what the model makes (P.n, P.k) is no picture; write .safetensors"), std::string::npos)
      << log();
}

TEST_F(Show, ATranslatorOfOneHalfIntoTheOther) {
  build(R"(model halves

data ab: image(1, 4, 8) in [-1, 1]

encoder A(ab) -> image(1, 4, 4) {
    crop (0, 0, 0, 4)
}

encoder B(ab) -> image(1, 4, 4) {
    crop (0, 0, 4, 0)
}

decoder G(image(1, 4, 4)) -> image(1, 4, 4) {
    conv 1, kernel 3, pad 1 ; tanh
}

train {
    batch 8
    step A, B, G with adam(lr 1e-3) {
        minimize mean(abs(G(A(ab)) - B(ab)))
    }
}
)");
  ASSERT_EQ(run("train -q --data builtin:glyphs --steps 2 --out run"), 0) << log();
  EXPECT_TRUE(fs::exists(home + "/run/reconstructions/epoch-0001.png"));
  works("reconstruct --count 3", "reconstructions.png");
  works("reconstruct --count 3 -o r.npy", "r.npy");
  EXPECT_EQ(run("evaluate --checkpoint run"), 0) << log();
  for (const char *command : {"sample", "interpolate", "traverse", "encode"})
    refuses(command, "reconstruct");
  // A failure to show something is reported once, and training continues to its end.
  fs::remove_all(home + "/run/reconstructions");
  writeText(home + "/run/reconstructions", "in the way");
  EXPECT_EQ(run("train -q --resume run --steps 4"), 0) << log();
  EXPECT_NE(log().find("warning: a picture is missing: "), std::string::npos) << log();
  EXPECT_TRUE(fs::exists(home + "/run/checkpoints/final.safetensors"));
}

} // namespace
} // namespace gan::test
