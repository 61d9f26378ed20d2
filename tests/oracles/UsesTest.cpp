// Tests the use of trained models: encoding and decoding gives the reconstruction, chosen latents give what a traversal
// shows, and the importance-weighted likelihood approaches the exact one where that is known.
#include "runtime/data/Dataset.h"
#include "runtime/generate/ArrayFile.h"
#include "runtime/generate/Picture.h"
#include "tests/oracles/Program.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <gtest/gtest.h>
#include <numbers>
#include <random>
#include <unistd.h>

namespace gan::test {
namespace {

namespace fs = std::filesystem;
using Matrix = std::vector<std::vector<double>>;

class Uses : public testing::Test {
protected:
  void SetUp() override { home = freshFolder("uses-" + std::to_string(getpid())); }
  void TearDown() override { fs::remove_all(home); }
  int run(const std::string &arguments) const { return runCommand(program + " " + arguments, home + "/log"); }
  std::string log() const { return readText(home + "/log"); }
  void train(const std::string &model, const std::string &options) {
    program = buildProgram(model, home + "/trainer", "--batch 16");
    ASSERT_EQ(run("train -q --out " + home + "/run " + options), 0) << log();
  }
  /// The only array that a command writes.
  ganrt::NamedTensor array(const std::string &command) const {
    std::string file = home + "/array.safetensors";
    EXPECT_EQ(run(command + " --checkpoint " + home + "/run -o " + file), 0) << log();
    return ganrt::readTensors(file).tensors.begin()->second;
  }
  static ganrt::NamedTensor rows(const ganrt::NamedTensor &t, int64_t first, int64_t step, int64_t count) {
    ganrt::NamedTensor out{"", t.shape, {}, false};
    out.shape[0] = count;
    size_t each = t.values.size() / size_t(t.shape[0]);
    for (int64_t i = 0; i < count; ++i)
      out.values.insert(out.values.end(), t.values.begin() + (first + i * step) * int64_t(each),
                        t.values.begin() + (first + i * step + 1) * int64_t(each));
    return out;
  }
  static void expectNear(const ganrt::NamedTensor &a, const ganrt::NamedTensor &b) {
    ASSERT_EQ(a.shape, b.shape);
    EXPECT_GT(norm(b), 0);
    EXPECT_LE(difference(a, b), 1e-5 * norm(b));
  }

  std::string home, program;
};

TEST_F(Uses, EncodedAndDecodedIsReconstructed) {
  for (const char *model : {"/models/ae.gan", "/models/vae.gan"}) {
    fs::remove_all(home + "/run");
    train(SOURCE_FOLDER + std::string(model), "--data builtin:glyphs --steps 40");
    ganrt::NamedTensor made = array("reconstruct --count 6"),
                       between = array("interpolate --between data --rows 3 --columns 5");
    // Each row starts at an image with an even number and ends at the next one.
    expectNear(rows(between, 0, 5, 3), rows(made, 0, 2, 3));
    expectNear(rows(between, 4, 5, 3), rows(made, 1, 2, 3));
    ganrt::NamedTensor codes = array("encode --count 37"); // 37 is not a multiple of the batch size
    EXPECT_EQ(codes.shape[0], 37);
    EXPECT_EQ(run("encode --checkpoint " + home + "/run -o " + home + "/c.npy"), 0) << log();
    EXPECT_TRUE(fs::exists(home + "/c.labels.npy"));
  }
}

TEST_F(Uses, SamplesFollowWhatIsChosen) {
  train(SOURCE_FOLDER "/tests/models/cgan.gan", "--data builtin:glyphs --steps 4");
  ganrt::NamedTensor three = array("sample --set y=3 --count 5"), all = array("sample --count 20");
  expectNear(array("sample --count 5"), rows(all, 0, 1, 5)); // a smaller number gives the first ones of a larger number
  EXPECT_GT(difference(three, rows(all, 0, 1, 5)), 0);
  ganrt::NamedTensor ways = array("interpolate --rows 3 --columns 4");
  expectNear(rows(ways, 0, 4, 3), rows(all, 0, 2, 3));
  ASSERT_EQ(
      run("sample --set y=3 --count 3 --columns 1 --padding 0 --checkpoint " + home + "/run -o " + home + "/a.png"), 0);
  // The column of a traversal equals the sample with that class.
  ASSERT_EQ(run("traverse --set y=3 --code z.0 --rows 3 --columns 1 --from 0 --padding 0 --checkpoint " + home +
                "/run -o " + home + "/t"),
            0)
      << log();
  ASSERT_EQ(run("sample --set y=3 --set z.0=0 --count 3 --columns 1 --padding 0 --checkpoint " + home + "/run -o " +
                home + "/b.png"),
            0)
      << log();
  EXPECT_TRUE(readText(home + "/b.png") == readText(home + "/t/z.0.png"));
  EXPECT_FALSE(readText(home + "/a.png") == readText(home + "/b.png"));
  ASSERT_EQ(runCommand("bash -c '" + program + " sample --set y=3 --set z.0=0 --count 3 --columns 1 --padding 0 -o - " +
                           "--checkpoint " + home + "/run > " + home + "/c.png'",
                       home + "/log"),
            0);
  EXPECT_TRUE(readText(home + "/b.png") == readText(home + "/c.png"));
  EXPECT_EQ(run("sample --truncate 0 --checkpoint " + home + "/run"), 1);
}

/// Makes one folder per class, each with `images` images; one further file is damaged.
static void writeClasses(const std::string &folder, const std::vector<std::string> &names, int images) {
  for (const std::string &name : names) {
    fs::create_directories(folder + "/" + name);
    for (int i = 0; i < images; ++i)
      ganrt::writePng(folder + "/" + name + "/" + std::to_string(i) + ".png",
                      {28, 28, 1, 1, {std::vector<uint8_t>(784, uint8_t(40 * i + int(name[0])))}, 0});
  }
  writeText(folder + "/" + names[0] + "/broken.png", "");
}

TEST_F(Uses, ClassesHaveTheNamesOfTheirFolders) {
  std::vector<std::string> names{"ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay"};
  writeClasses(home + "/data/train", names, 2);
  writeClasses(home + "/data/val", {"jay", "bee"}, 3);
  program = buildProgram(SOURCE_FOLDER "/tests/models/cgan.gan", home + "/trainer", "--batch 16");
  ASSERT_EQ(run("train --steps 4 --out " + home + "/run --data " + home + "/data"), 0) << log();
  EXPECT_NE(log().find("classes: 0 ant, 1 bee, 2 cat"), std::string::npos) << log();
  EXPECT_EQ(nlohmann::json::parse(readText(home + "/run/config.json"))["classes"], nlohmann::json(names));
  ASSERT_EQ(run("train -q --steps 1 --out " + home + "/quiet --data " + home + "/data"), 0) << log();
  EXPECT_EQ(log().find("classes: "), std::string::npos) << log();
  EXPECT_NE(log().find("warning: 1 of 21 images are damaged"), std::string::npos) << log();
  EXPECT_NE(log().find("there are no images of classes ant, cat"), std::string::npos) << log();
  ganrt::NamedTensor named = array("sample --set y=cat --count 3"), numbered = array("sample --set y=2 --count 3");
  EXPECT_EQ(named.values, numbered.values);
  fs::copy_file(home + "/run/checkpoints/final.safetensors", home + "/alone.safetensors");
  std::string file = home + "/of-alone.safetensors";
  ASSERT_EQ(run("sample --set y=cat --count 3 --checkpoint " + home + "/alone.safetensors -o " + file), 0) << log();
  EXPECT_EQ(readText(file), readText(home + "/array.safetensors")) << "without the run's folder";
  EXPECT_NE(named.values, array("sample --set y=dog --count 3").values);
  EXPECT_EQ(run("sample --set y=cow --checkpoint " + home + "/run"), 1);
  EXPECT_NE(log().find("cow is no class; there are ant, bee, cat"), std::string::npos) << log();
  ASSERT_EQ(run("info --data " + home + "/data"), 0) << log();
  for (const char *part :
       {"20 images of 3 x 12 x 8, as bytes", "2 cat: 2", "9 jay: 3", "0: -0.239216 to 0.145098", "are damaged"})
    EXPECT_NE(log().find(part), std::string::npos) << part << "\n" << log();
}

TEST_F(Uses, SamplesOfAnyNumberAreArraysOrFiles) {
  train(SOURCE_FOLDER "/tests/models/cgan.gan", "--data builtin:glyphs --steps 1");
  std::string run = program + " sample --checkpoint " + home + "/run ", file = home + "/many.npy";
  auto sample = [&](const std::string &arguments) { return runCommand(run + arguments, home + "/log"); };
  EXPECT_EQ(sample("--count 50000 -o " + file), 0) << log();
  EXPECT_EQ(readText(file).size(), 128 + size_t(50000) * 288 * 4);
  fs::remove(file);
  EXPECT_EQ(sample("--count 4097"), 1);
  EXPECT_NE(log().find("--count asks for 4097 images, and at most 4096 fit into a picture: -o FILE.npy takes any"),
            std::string::npos)
      << log();
  ASSERT_EQ(sample("--count 18 --columns 1 --padding 0 -o " + home + "/samples/"), 0) << log();
  EXPECT_EQ(std::distance(fs::directory_iterator(home + "/samples"), fs::directory_iterator()), 18);
  ASSERT_EQ(sample("--count 1 --padding 0 -o " + home + "/one.png"), 0) << log();
  EXPECT_EQ(readText(home + "/samples/0000.png"), readText(home + "/one.png"));
}

TEST_F(Uses, RowsAreMatchedToFiles) {
  writeClasses(home + "/data/a", {"x", "y"}, 20);
  train(SOURCE_FOLDER "/models/ae.gan", "--steps 1 --data " + home + "/data");
  ganrt::NamedTensor codes = array("encode --part train");
  EXPECT_NE(log().find("warning: 1 of 41 images are damaged"), std::string::npos) << log();
  std::string names = readText(home + "/array.files.txt");
  EXPECT_EQ(std::count(names.begin(), names.end(), '\n'), codes.shape[0]);
  EXPECT_TRUE(names.starts_with("a/x/0.png\na/x/1.png\na/x/10.png\n")) << names;
  ganrt::NamedTensor made = array("reconstruct --count 3");
  EXPECT_EQ(readText(home + "/array.files.txt"), "a/x/0.png\na/x/1.png\na/x/10.png\n");
  EXPECT_NE(log().find("warning: 1 of 41 images are damaged"), std::string::npos) << log();
}

TEST_F(Uses, DrawsAreOfTheOutputsDistribution) {
  train(SOURCE_FOLDER "/models/vae.gan", "--data builtin:glyphs --steps 60");
  ganrt::NamedTensor means = array("sample --count 400"), draws = array("sample --count 400 --draw");
  double expected = 0, got = 0, variance = 0, squares = 0;
  for (size_t i = 0; i < means.values.size(); ++i) {
    double p = means.values[i], drawn = draws.values[i];
    ASSERT_TRUE(drawn == 0 || drawn == 1);
    expected += p, got += drawn, variance += p * (1 - p), squares += (drawn - p) * (drawn - p);
  }
  EXPECT_NEAR(got / expected, 1, 0.02);     // 0.998 was measured
  EXPECT_NEAR(squares / variance, 1, 0.03); // 0.998; a round to 0 or 1 has much less
  double least = 0, most = 0, deviation = 0;
  ganrt::NamedTensor codes = array("encode --count 400"), drawn = array("encode --count 400 --draw");
  for (size_t i = 0; i < codes.values.size(); ++i) {
    double d = drawn.values[i] - codes.values[i];
    least = std::min(least, d), most = std::max(most, d), deviation += d * d / double(codes.values.size());
  }
  EXPECT_TRUE(least < 0 && most > 0) << least << " " << most;
  EXPECT_NEAR(deviation, 1.1, 0.3)
      << "the mean variance of the codes, which is near that of their prior after 60 steps";
}

/// log N(x; mean, covariance) by a Cholesky decomposition.
double logNormal(const std::vector<double> &x, const std::vector<double> &mean, Matrix covariance) {
  size_t n = x.size();
  double sum = -0.5 * double(n) * std::log(2 * std::numbers::pi);
  std::vector<double> y(n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double v = covariance[i][j];
      for (size_t k = 0; k < j; ++k)
        v -= covariance[i][k] * covariance[j][k];
      covariance[i][j] = i == j ? std::sqrt(v) : v / covariance[j][j];
    }
    y[i] = x[i] - mean[i];
    for (size_t k = 0; k < i; ++k)
      y[i] -= covariance[i][k] * y[k];
    y[i] /= covariance[i][i];
    sum -= std::log(covariance[i][i]) + 0.5 * y[i] * y[i];
  }
  return sum;
}

constexpr const char *linearGaussian = R"(model linear_gaussian

data x: vector(5) in [-4, 4]

latent z: normal(2)

encoder E(x) -> gaussian(2) {
    linear
}

decoder P(z) -> gaussian(5, variance 0.5) {
    linear
}

train {
    batch 16
    let bound = log_prob(P(sample(E(x))), x) - kl(E(x), standard_normal)
    metric elbo = bound
    step E, P with adam(lr 1e-2) {
        maximize bound
    }
}
)";

TEST_F(Uses, ImportanceWeightingApproachesTheExactLikelihood) {
  writeText(home + "/model.gan", linearGaussian);
  ganrt::Array data{"x", {480, 5}, {}};
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (int i = 0; i < 480; ++i) {
    float a = normal(random), b = normal(random);
    for (int k = 0; k < 5; ++k)
      data.numbers.push_back(std::clamp(0.5f * a * float(k - 2) + 0.4f * b + 0.6f * normal(random), -4.f, 4.f));
  }
  ganrt::writeArrays(home + "/x.npy", "npy", {data});
  train(home + "/model.gan", "--data " + home + "/x.npy --holdout 0.2 --steps 150");
  auto evaluated = [&](int k) {
    EXPECT_EQ(run("evaluate --json --checkpoint " + home + "/run --importance " + std::to_string(k)), 0) << log();
    return nlohmann::json::parse(log());
  };
  auto one = evaluated(1), few = evaluated(8), many = evaluated(2000);
  // x = W z + b + noise is normal with covariance W W' + 0.5, so the mean over the held-out data is known exactly.
  auto state = ganrt::readTensors(home + "/run/checkpoints/final.safetensors").tensors;
  const std::vector<double> &w = state.at("P.0.weight").values, &b = state.at("P.0.bias").values;
  Matrix covariance(5, std::vector<double>(5));
  for (size_t i = 0; i < 5; ++i)
    for (size_t j = 0; j < 5; ++j)
      covariance[i][j] = w[2 * i] * w[2 * j] + w[2 * i + 1] * w[2 * j + 1] + (i == j ? 0.5 : 0);
  std::string note;
  ganrt::DataOptions options;
  options.where = home + "/x.npy", options.holdout = 0.2;
  ganrt::WantedData wanted;
  wanted.width = 5, wanted.vector = true, wanted.lo = -4, wanted.hi = 4;
  ganrt::Dataset test = ganrt::loadData(options, ganrt::Part::Test, wanted, note);
  ASSERT_EQ(test.count, 96);
  double exact = 0;
  std::vector<float> x(5);
  for (int64_t i = 0; i < test.count; ++i) {
    ganrt::scaledImage(test, i, ganrt::Scale(-4, 4), x.data());
    exact += logNormal({x.begin(), x.end()}, b, covariance) / double(test.count);
  }
  EXPECT_NEAR(double(one["log_likelihood.importance"]), double(one["elbo"]), 0.3);
  EXPECT_LT(double(one["log_likelihood.importance"]), double(few["log_likelihood.importance"]));
  EXPECT_LT(double(few["log_likelihood.importance"]), exact + 0.02);
  EXPECT_NEAR(double(many["log_likelihood.importance"]), exact, 0.01);
}

} // namespace
} // namespace gan::test
