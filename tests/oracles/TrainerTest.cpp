// Tests the trainer as a person uses it: the files that a run leaves, and one clear sentence for everything that can be
// wrong.
#include "tests/oracles/Program.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

namespace gan::test {
namespace {

namespace fs = std::filesystem;

class Trainer : public testing::Test {
protected:
  static void SetUpTestSuite() {
    home = freshFolder("trainer-" + std::to_string(getpid())); // ctest runs each test in its own process
    program = buildProgram(SOURCE_FOLDER "/models/vae.gan", home + "/vae", "--batch 32");
    run("train --data builtin:glyphs --steps 20 --quiet --out " + home + "/run");
  }
  static void TearDownTestSuite() { fs::remove_all(home); }
  void SetUp() override { ASSERT_FALSE(program.empty()); }

  static int run(const std::string &arguments) { return runCommand(program + " " + arguments, home + "/log"); }
  static std::string log() { return readText(home + "/log"); }

  /// Expects exit status 1 and one sentence that contains `part`.
  static void expectError(const std::string &arguments, const std::string &part) {
    EXPECT_EQ(run(arguments), 1) << arguments;
    std::string text = log();
    EXPECT_TRUE(text.starts_with("vae: error: ")) << text;
    EXPECT_NE(text.find(part), std::string::npos) << text;
    EXPECT_EQ(text.find("terminate"), std::string::npos) << text;
  }

  /// Makes a folder with an IDX file of `count` images of h x w, which is cut to `keep` bytes.
  static std::string idxFolder(const std::string &name, uint32_t count, uint32_t h, uint32_t w,
                               size_t keep = SIZE_MAX) {
    std::string folder = home + "/" + name, bytes;
    fs::create_directories(folder);
    for (uint32_t word : {0x803u, count, h, w})
      for (int shift : {24, 16, 8, 0})
        bytes += char(word >> shift);
    for (size_t i = 0; i < size_t(count) * h * w; ++i)
      bytes += char(i * 31);
    writeText(folder + "/train-images-idx3-ubyte", bytes.substr(0, keep));
    return folder;
  }

  static std::string home, program;
};
std::string Trainer::home, Trainer::program;

TEST_F(Trainer, LeavesMetricsPicturesAndACheckpoint) {
  std::string metrics = readText(home + "/run/metrics.jsonl"), last;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);)
    last = line;
  auto epoch = nlohmann::json::parse(last);
  EXPECT_EQ(epoch["iteration"], 20);
  EXPECT_TRUE(epoch["train"].contains("loss.E,P"));
  EXPECT_TRUE(epoch["test"].contains("elbo"));
  EXPECT_EQ(readText(home + "/run/samples/epoch-0001.png").substr(1, 3), "PNG");
  EXPECT_EQ(ganrt::readTensors(home + "/run/checkpoints/final.safetensors").tensors.at("E.1.weight").shape,
            (std::vector<int64_t>{400, 784}));
  EXPECT_TRUE(nlohmann::json::parse(readText(home + "/run/config.json")).contains("numbers"));
}

TEST_F(Trainer, ShowsWhatItLearned) {
  EXPECT_EQ(run("sample --checkpoint " + home + "/run --count 10 --out " + home + "/s.png"), 0) << log();
  EXPECT_EQ(run("reconstruct --checkpoint " + home + "/run --count 10 --out " + home + "/r.png"), 0) << log();
  EXPECT_EQ(run("evaluate --checkpoint " + home + "/run --json"), 0) << log();
  double evaluated = nlohmann::json::parse(log())["elbo"];
  std::string metrics = readText(home + "/run/metrics.jsonl");
  double trained = nlohmann::json::parse(metrics.substr(metrics.rfind('\n', metrics.size() - 2) + 1))["test"]["elbo"];
  EXPECT_EQ(evaluated, trained) << "of the state at the end of the run, on the same data";
  EXPECT_EQ(run("info"), 0);
  EXPECT_NE(log().find("arena"), std::string::npos);
  EXPECT_EQ(run("bench --steps 3 --profile"), 0);
  EXPECT_NE(log().find("of the measured peak"), std::string::npos);
  ASSERT_EQ(run("bench --overhead --json --data builtin:glyphs --seconds 1"), 0) << log();
  auto overhead = nlohmann::json::parse(log());
  EXPECT_GT(double(overhead["epochs"]), 0);
  EXPECT_GT(double(overhead["percent"]["data"]), 0);
}

/// A decoder of latents and labels draws labels for its samples, and codes are compared with classes.
TEST(ConditionalTrainer, SamplesTraversesAndComparesCodes) {
  std::string home = freshFolder("conditional"), log = home + "/log",
              program = buildProgram(SOURCE_FOLDER "/tests/models/cgan.gan", home + "/cgan", "--target x86-64-v3");
  auto run = [&](const std::string &arguments) { return runCommand(program + " " + arguments, log); };
  ASSERT_EQ(run("train --data builtin:glyphs --steps 4 --quiet --out " + home + "/run"), 0) << readText(log);
  EXPECT_EQ(run("sample --checkpoint " + home + "/run --count 20 --out " + home + "/s.png"), 0) << readText(log);
  ASSERT_EQ(run("traverse --checkpoint " + home + "/run --rows 3 --out " + home + "/t"), 0) << readText(log);
  EXPECT_TRUE(fs::exists(home + "/t/y.png") && fs::exists(home + "/t/z.5.png")) << readText(log);
  EXPECT_EQ(run("traverse --checkpoint " + home + "/run --code w --out " + home + "/t"), 1);
  EXPECT_NE(readText(log).find("there is no code w"), std::string::npos) << readText(log);
  program = buildProgram(SOURCE_FOLDER "/tests/models/semi.gan", home + "/semi");
  ASSERT_EQ(run("train --data builtin:glyphs --steps 4 --quiet --out " + home + "/semi-run"), 1);
  EXPECT_NE(readText(log).find("has labels 0 to 9; the model declares 3 classes, 0 to 2"), std::string::npos)
      << readText(log);
  program = buildProgram(SOURCE_FOLDER "/models/infogan.gan", home + "/infogan", "--batch 4");
  ASSERT_EQ(run("train --data builtin:glyphs --steps 2 --quiet --out " + home + "/info"), 0) << readText(log);
  ASSERT_EQ(run("evaluate --checkpoint " + home + "/info --json --parzen 40"), 0) << readText(log);
  auto metrics = nlohmann::json::parse(readText(log));
  EXPECT_LE(double(metrics["matched_error.Q.c"]), 0.9 + 1e-9) << "the mean of all matchings, and the best is no worse";
  EXPECT_LE(double(metrics["matched_error.Q.c"]), double(metrics["error.Q.c"]) + 1e-9) << "which is one matching";
  EXPECT_GE(double(metrics["information.Q.c"]), 0);
  EXPECT_LE(double(metrics["information.Q.c"]), std::log(10.0) + 1e-9) << "of ten classes, in nats";
}

TEST_F(Trainer, WrongData) {
  expectError("train --out " + home + "/x", "needs --data");
  expectError("train --data " + home + "/nowhere --out " + home + "/x", "/nowhere: No such file or directory");
  expectError("train --data builtin:digits --out " + home + "/x", "builtin:glyphs");
  fs::create_directories(home + "/empty");
  expectError("train --data " + home + "/empty --out " + home + "/x", "holds no data that is known");
  expectError("train --data " + idxFolder("cut", 64, 28, 28, 5000) + " --out " + home + "/x", "is truncated");
  expectError("train --data " + idxFolder("few", 7, 28, 28) + " --out " + home + "/x", "fewer than one batch of 32");
  std::string other = idxFolder("other", 8, 4, 4);
  writeText(other + "/train-images-idx3-ubyte", "not an IDX file at all");
  expectError("train --data " + other + " --out " + home + "/x", "is not an IDX file");
  std::string corrupt = home + "/corrupt";
  fs::create_directories(corrupt);
  std::string plain = readText(idxFolder("whole", 64, 28, 28) + "/train-images-idx3-ubyte");
  gzFile file = gzopen((corrupt + "/train-images-idx3-ubyte.gz").c_str(), "wb");
  gzwrite(file, plain.data(), unsigned(plain.size()));
  gzclose(file);
  std::string packed = readText(corrupt + "/train-images-idx3-ubyte.gz");
  packed[packed.size() / 2] = char(packed[packed.size() / 2] + 1);
  writeText(corrupt + "/train-images-idx3-ubyte.gz", packed);
  expectError("train --data " + corrupt + " --out " + home + "/x", "corrupt");
  EXPECT_FALSE(fs::exists(home + "/x"));
}

TEST_F(Trainer, ImagesOfAnotherSizeAreResizedAndItSaysSo) {
  EXPECT_EQ(run("train --data " + idxFolder("small", 64, 14, 20) + " --steps 2 --out " + home + "/resized"), 0)
      << log();
  EXPECT_NE(log().find("images of 1 x 14 x 20 are cropped and resized to 1 x 28 x 28"), std::string::npos) << log();
}

TEST_F(Trainer, WrongOptionsAndFolders) {
  expectError("trian", "did you mean train?");
  expectError("train --dat x", "did you mean --data?");
  expectError("train --data builtin:glyphs --epochs many", "epochs");
  expectError("train --data builtin:glyphs --threads -3 --out " + home + "/x",
              "--threads takes a whole number from 0 to 1024, not -3");
  expectError("train --data builtin:glyphs --seed -1 --out " + home + "/x", "--seed takes a whole number from 0 to ");
  expectError("interpolate --rows 4294967296 --checkpoint " + home + "/run", "--rows takes a whole number from 1 to ");
  expectError("interpolate --rows 4096 --checkpoint " + home + "/run", "asks for 40960 images, and at most 4096 fit");
  expectError("sample --count 1e3 --checkpoint " + home + "/run", "--count takes a whole number from 1 to ");
  expectError("train --data builtin:glyphs --set E,P.lt=1 --out " + home + "/x", "did you mean E,P.lr?");
  expectError("train --data builtin:glyphs --set E,P.lr=fast --out " + home + "/x", "is not a number");
  expectError("train --data builtin:glyphs --out " + home + "/run", "exists already; go on with --resume");
  expectError("train --resume " + home + "/nowhere", "/nowhere: holds no run to resume");
  expectError("train --resume " + home + "/run --seed 3", "--seed cannot change in the middle of a run: it was 0");
  expectError("train --resume " + home + "/run --force", "--force starts another");
  expectError("train --data builtin:glyphs --best elbo --out " + home + "/x", "say max:elbo or min:elbo");
  expectError("train --data builtin:glyphs --best loss.E --out " + home + "/x", "did you mean loss.E,P?");
  fs::create_directories(home + "/other");
  writeText(home + "/other/thesis.txt", "");
  expectError("train --data builtin:glyphs --force --out " + home + "/other", "holds something else than a run");
  writeText(home + "/config.json", "{\"epocs\": 3}");
  expectError("train --config " + home + "/config.json", "/config.json: unknown option epocs: did you mean epochs?");
  writeText(home + "/config.json", "{\"epochs\": \"three\"}");
  expectError("train --config " + home + "/config.json", "/config.json: epochs takes a whole number from 1 to ");
  writeText(home + "/file", "");
  expectError("train --data builtin:glyphs --out " + home + "/file/run", "cannot be made");
  expectError("sample --checkpoint " + home + "/run --out /nowhere/x.png", "/nowhere/x.png: cannot be written");
  EXPECT_FALSE(fs::exists(home + "/x"));
}

TEST_F(Trainer, HelpFitsAScreenAndOptionsComplete) {
  ASSERT_EQ(run("--help"), 0);
  EXPECT_NE(log().find("exit status: 0 done"), std::string::npos) << log();
  for (std::string command : {"train", "sample", "reconstruct", "interpolate", "traverse", "encode", "apply",
                              "evaluate", "info", "bench", "trace"}) {
    ASSERT_EQ(run(command + " --help"), 0);
    std::string text = log();
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 40) << text;
    EXPECT_NE(text.find("examples:\n  " + program + " " + command), std::string::npos) << text;
  }
  std::string complete = "; COMP_WORDS=(vae train --save); COMP_CWORD=2; _ganc_trainer_vae; echo \"${COMPREPLY[@]}\"";
  writeText(home + "/complete.sh", "source <(" + program + " --completion bash)" + complete);
  ASSERT_EQ(runCommand("bash " + home + "/complete.sh", home + "/log"), 0) << log();
  EXPECT_EQ(log(), "--save-every\n");
}

TEST_F(Trainer, WrongCheckpoints) {
  std::string good = readText(home + "/run/checkpoints/final.safetensors");
  expectError("sample --checkpoint " + home + "/none", "/none: cannot be opened");
  expectError("sample --checkpoint " + home, "is a folder");
  for (size_t keep : {size_t(0), size_t(5), size_t(200), good.size() / 2, good.size() - 1}) {
    writeText(home + "/cut.safetensors", good.substr(0, keep));
    expectError("sample --checkpoint " + home + "/cut.safetensors", "safetensors file");
  }
  std::string text = good;
  text[20] = '}';
  writeText(home + "/bad.safetensors", text);
  expectError("sample --checkpoint " + home + "/bad.safetensors", "safetensors file");
  ganrt::writeTensors(home + "/other.safetensors", {{"E.1.weight", {2, 2}, {1, 2, 3, 4}, false}}, {});
  expectError("sample --checkpoint " + home + "/other.safetensors",
              "E.1.weight has shape (2, 2), the model's is (400, 784)");
}

TEST_F(Trainer, AFullDiskLeavesNoHalfFile) {
  // A limit on the size of files simulates a full disk: the write fails in the middle.
  int status = runCommand("bash -c 'ulimit -f 2048; trap \"\" XFSZ; " + program +
                              " train --data builtin:glyphs --steps 2 --quiet --out " + home + "/full'",
                          home + "/log");
  EXPECT_EQ(status, 1) << log();
  EXPECT_NE(log().find(".safetensors: cannot be written"), std::string::npos) << log();
  for (const auto &entry : fs::recursive_directory_iterator(home + "/full"))
    EXPECT_EQ(entry.path().string().find("safetensors"), std::string::npos) << entry.path() << " is half-written";
}

TEST_F(Trainer, NotFiniteStopsTheRunAndLeavesWhatTraceReads) {
  std::string nan = home + "/nan",
              options = "train --data builtin:glyphs --steps 50 --quiet --set E,P.lr=1e20 --out " + nan;
  expectError(options, "loss.E,P is not finite at iteration 2, objective E,P: first in E.3 linear, vae.gan:11:5");
  std::string before = nan + "/checkpoints/before-nan";
  EXPECT_EQ(run("trace --state " + before + ".safetensors --inputs " + before +
                "-inputs.safetensors --start-iteration 1 --out " + nan + "/t.safetensors"),
            0)
      << log();
  double loss = ganrt::readTensors(nan + "/t.safetensors").tensors.at("loss.E,P.1").values[0];
  EXPECT_FALSE(std::isfinite(loss)) << loss;
  EXPECT_EQ(run(options + "-on --on-nan continue"), 0) << log();
  EXPECT_NE(log().find("the run goes on"), std::string::npos) << log();
}

/// A fused kernel has the name of its first operation, but a later operation may be the one that breaks.
TEST(NotFinite, TheOperationToBlameIsNamed) {
  std::string folder = freshFolder("blame");
  struct Case {
    const char *objective, *blamed;
  };
  constexpr Case cases[] = {{"sqrt(sum(square(E(x))))", "first in sqrt, m.gan:12:18\n"},
                            {"mean(log(square(E(x))))", "first in log, m.gan:12:23\n"},
                            {"mean(1 / abs(E(x)))", "first in expression, m.gan:12:23\n"}};
  for (const Case &c : cases) {
    writeText(folder + "/m.gan", R"(model m
data x: image(1, 28, 28) in [0, 1]
encoder E(x) -> vector(3) {
    init weight constant(0)
    flatten
    linear 3, bias off
}
train {
    batch 4
    epochs 1 of 5
    step E with sgd(lr 0.1) {
        minimize )" + std::string(c.objective) +
                                     "\n    }\n}\n");
    std::string program = buildProgram(folder + "/m.gan", folder + "/m");
    ASSERT_FALSE(program.empty());
    EXPECT_EQ(runCommand(program + " train -q --data builtin:glyphs --force --out " + folder + "/run", folder + "/log"),
              1);
    std::string log = readText(folder + "/log");
    size_t end = log.find(".\nThe state before");
    EXPECT_NE(log.substr(0, end).append("\n").find(c.blamed), std::string::npos) << c.objective << ": " << log;
  }
  fs::remove_all(folder);
}

/// A state from somebody else, or from a run that broke before it was saved, is reported at once, and the run is left
/// untouched.
TEST_F(Trainer, AStateThatIsNotFiniteIsToldAtTheStart) {
  ganrt::TensorFile file = ganrt::readTensors(home + "/run/checkpoints/final.safetensors");
  std::vector<ganrt::NamedTensor> tensors;
  for (auto &[name, tensor] : file.tensors)
    tensors.push_back(tensor);
  std::find_if(tensors.begin(), tensors.end(), [](auto &t) { return t.name == "E.3.weight"; })->values[7] = NAN;
  for (const char *digest : {"tensor_digests", "header_digest"})
    file.metadata.erase(digest);
  std::string run = home + "/planted";
  fs::copy(home + "/run", run, fs::copy_options::recursive);
  ganrt::writeTensors(run + "/checkpoints/final.safetensors", tensors, file.metadata);
  std::string metrics = readText(run + "/metrics.jsonl");
  expectError("train --resume " + run + " --steps 40 -q", "E.3.weight is not finite");
  EXPECT_EQ(readText(run + "/metrics.jsonl"), metrics);
}

TEST_F(Trainer, TraceNamesWhatIsMissing) {
  auto info = programInfo(program);
  Tensors inputs = givenInputs(info, 1);
  std::vector<ganrt::NamedTensor> list;
  for (auto &[name, t] : inputs)
    if (name != "sample.E") {
      list.push_back(t);
      list.back().name += ".0";
    }
  std::string file = home + "/i.safetensors";
  ganrt::writeTensors(file, list, {});
  expectError("trace --inputs " + file + " --out " + home + "/o", "input sample.E.0 of shape (32, 20) is missing");
  list.push_back({"sample.E.0", {2, 20}, std::vector<double>(40), false});
  ganrt::writeTensors(file, list, {});
  expectError("trace --inputs " + file + " --out " + home + "/o",
              "input sample.E.0 has shape (2, 20), expected (32, 20)");
}

TEST_F(Trainer, SaysSoOnACpuWithoutItsInstructions) {
  // A program that requires a feature that no CPU has simulates an older CPU. This target names the same ones anywhere.
  std::string v3 = buildProgram(SOURCE_FOLDER "/models/vae.gan", home + "/v3", "--batch 32 --target x86-64-v3");
  std::string text = readText(v3);
  size_t at = text.find("avx2 fma f16c");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 4, "avx9");
  writeText(home + "/newer", text);
  fs::permissions(home + "/newer", fs::perms(0755));
  EXPECT_EQ(runCommand(home + "/newer info", home + "/log"), 1);
  EXPECT_NE(log().find("this CPU lacks avx9"), std::string::npos) << log();
}

TEST(Cache, SurvivesDamageAndCompany) {
  std::string folder = freshFolder("cache"), environment = "XDG_CACHE_HOME=" + folder + "/xdg GANC_DEBUG=1 ",
              model = SOURCE_FOLDER "/models/ae.gan";
  auto build = [&](const std::string &name) {
    return environment + BINARY_FOLDER "/ganc build " + model + " -q -o " + folder + "/" + name;
  };
  // Two builds run at once on an empty cache.
  ASSERT_EQ(runCommand("bash -c '" + build("a") + " & " + build("b") + "; wait $!'", folder + "/log"), 0)
      << readText(folder + "/log");
  EXPECT_TRUE(readText(folder + "/a") == readText(folder + "/b"));
  int damaged = 0;
  for (const auto &entry : fs::recursive_directory_iterator(folder + "/xdg"))
    if (entry.is_regular_file()) {
      std::string bytes = readText(entry.path());
      bytes[bytes.size() / 2] = char(bytes[bytes.size() / 2] ^ 1);
      writeText(entry.path(), bytes);
      ++damaged;
    }
  EXPECT_GT(damaged, 20);
  ASSERT_EQ(runCommand(build("c"), folder + "/log"), 0) << readText(folder + "/log");
  EXPECT_TRUE(readText(folder + "/a") == readText(folder + "/c"));
  // A constant is read at run time, so changing it compiles no kernel again.
  std::string text = readText(model);
  text.replace(text.find("lr 1e-3"), 7, "lr 2e-3");
  writeText(folder + "/changed.gan", text);
  ASSERT_EQ(
      runCommand(environment + BINARY_FOLDER "/ganc build " + folder + "/changed.gan -q --timing -o " + folder + "/d",
                 folder + "/log"),
      0);
  EXPECT_EQ(readText(folder + "/log").find("matmul"), std::string::npos) << readText(folder + "/log");
}

TEST(Install, TheTreeCanBeMoved) {
  std::string folder = freshFolder("install");
  ASSERT_EQ(runCommand("cmake --install " BINARY_FOLDER " --prefix " + folder + "/first", folder + "/log"), 0)
      << readText(folder + "/log");
  fs::rename(folder + "/first", folder + "/second");
  ASSERT_EQ(runCommand("XDG_CACHE_HOME=" BINARY_FOLDER "/test-cache " + folder +
                           "/second/bin/ganc build " SOURCE_FOLDER "/models/ae.gan -q -o " + folder + "/ae",
                       folder + "/log"),
            0)
      << readText(folder + "/log");
  EXPECT_EQ(runCommand(folder + "/ae info", folder + "/log"), 0) << readText(folder + "/log");
}

} // namespace
} // namespace gan::test
