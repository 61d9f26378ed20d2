// Tests what must be the same to the byte: results for any number of threads and for two builds, and blocks that a step
// does not name.
#include "tests/oracles/Program.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <set>

namespace gan::test {
namespace {

const std::string models = SOURCE_FOLDER "/models/";

void trainRun(const std::string &program, const std::string &out, const std::string &options) {
  ASSERT_EQ(runCommand(program + " train --data builtin:glyphs --steps 12 --quiet --out " + out + " " + options,
                       out + ".log"),
            0)
      << readText(out + ".log");
}

/// Whether the content of the file depends on the clock.
bool tellsTime(const std::string &name) {
  return name == "timings.jsonl" || name == "report.html" || name.starts_with("events.out.tfevents.");
}

/// The configuration without the number of threads.
nlohmann::json configOf(const std::string &path) {
  auto config = nlohmann::json::parse(readText(path));
  config["options"].erase("threads");
  return config;
}

/// The names of a run's files that do not depend on the clock.
std::set<std::string> filesOf(const std::string &run) {
  std::set<std::string> names;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(run))
    if (std::string relative = std::filesystem::relative(entry.path(), run);
        entry.is_regular_file() && !tellsTime(relative))
      names.insert(relative);
  return names;
}

void expectSameFiles(const std::string &a, const std::string &b) {
  EXPECT_EQ(filesOf(a), filesOf(b));
  for (const std::string &name : filesOf(a))
    if (name == "config.json")
      EXPECT_EQ(configOf(a + "/" + name), configOf(b + "/" + name));
    else
      EXPECT_TRUE(readText(a + "/" + name) == readText(b + "/" + name)) << name << " differs";
  for (const char *name : {"config.json", "metrics.jsonl", "checkpoints/final.safetensors"})
    EXPECT_TRUE(filesOf(a).contains(name)) << name;
}

class Bytes : public testing::TestWithParam<const char *> {};

TEST_P(Bytes, AreTheSameForAnyThreadsAndForTwoBuilds) {
  std::string model = models + GetParam() + ".gan",
              folder = freshFolder("bytes-" + std::filesystem::path(model).stem().string());
  std::string first = buildProgram(model, folder + "/first"),
              second = buildProgram(model, folder + "/second", "--no-cache");
  ASSERT_FALSE(first.empty() || second.empty());
  trainRun(first, folder + "/one", "--threads 1");
  for (const char *threads : {"2", "5"}) {
    trainRun(first, folder + "/t" + threads, std::string("--threads ") + threads);
    expectSameFiles(folder + "/one", folder + "/t" + threads);
  }
  trainRun(second, folder + "/built-again", "--threads 2");
  expectSameFiles(folder + "/one", folder + "/built-again");
  trainRun(first, folder + "/other-seed", "--seed 2");
  EXPECT_NE(readText(folder + "/one/metrics.jsonl"), readText(folder + "/other-seed/metrics.jsonl"));
}
INSTANTIATE_TEST_SUITE_P(Oracles, Bytes, testing::Values("vae", "../tests/models/tiny_dcgan"));

/// A model of two steps, of which some iterations run only one: parameters and optimizer state of the other step's
/// block keep their bytes.
TEST(Isolation, BlocksThatAStepDoesNotNameKeepTheirBytes) {
  std::string folder = freshFolder("isolation"), text = readText(SOURCE_FOLDER "/tests/models/tiny_dcgan.gan");
  // Step G runs in even iterations only, step D always: odd iterations must leave G alone.
  std::string every = text;
  every.replace(every.find("step G with adam(lr 2e-3, beta1 0.5)"), 36, "step G with adam(lr 2e-3, beta1 0.5) every 2");
  writeText(folder + "/m.gan", every);
  std::string program = buildProgram(folder + "/m.gan", folder + "/m");
  ASSERT_FALSE(program.empty());
  auto info = programInfo(program);
  Tensors state = givenState(info, 3, 5), inputs = givenInputs(info, 6);
  Tensors odd = traceProgram(program, folder, state, inputs, 1), even = traceProgram(program, folder, state, inputs, 2);
  int kept = 0, moved = 0;
  for (const auto &entry : info["state"]) {
    std::string name = entry["name"], block = entry["block"];
    if (entry["role"] == "buffer")
      continue; // running statistics follow the forward pass, not the update
    bool same = odd.at(name).values == state.at(name).values;
    if (block == "G") {
      EXPECT_TRUE(same) << name << " changed though no step that ran names G";
      EXPECT_NE(even.at(name).values, state.at(name).values) << name;
      ++kept;
    } else {
      EXPECT_FALSE(same) << name;
      ++moved;
    }
  }
  EXPECT_GT(kept, 5);
  EXPECT_GT(moved, 5);
}

/// A let in front of the steps is not computed if no step that runs reads it, so running statistics stay the same, too.
TEST(Isolation, AnUnusedLetDoesNothing) {
  std::string folder = freshFolder("unused-let"), text = readText(SOURCE_FOLDER "/tests/models/tiny_dcgan.gan");
  text.replace(text.find("step D with adam(lr 2e-3, beta1 0.5)"), 36, "step D with adam(lr 2e-3, beta1 0.5) every 2");
  text.replace(text.rfind("D(fake)"), 7, "D(G(fresh(z)))"); // this is in step G, so that only step D names the let
  writeText(folder + "/m.gan", text);
  std::string program = buildProgram(folder + "/m.gan", folder + "/m");
  ASSERT_FALSE(program.empty());
  auto info = programInfo(program);
  Tensors state = givenState(info, 3, 5), inputs = givenInputs(info, 6);
  for (int iteration : {1, 2}) {
    Tensors after = traceProgram(program, folder, state, inputs, iteration);
    int counts = 0;
    for (auto &[name, t] : after)
      if (name.starts_with("G.") && name.ends_with("num_batches_tracked")) {
        EXPECT_EQ(t.values[0], state.at(name).values[0] + iteration) << name << " in iteration " << iteration;
        ++counts;
      }
    EXPECT_GT(counts, 0);
  }
}

} // namespace
} // namespace gan::test
