// Tests training as a whole with a program made by hand: data, threads, checkpoints and files together. Under the
// thread sanitizer this test checks that nothing that runs at the same time touches the same memory.
#include "runtime/train/Training.h"
#include "runtime/base/Files.h"
#include "runtime/device/Threads.h"
#include "tests/unit/runtime/TinyProgram.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

namespace ganrt {
namespace {

namespace fs = std::filesystem;

std::string freshFolder(const std::string &name) {
  std::string folder = std::string(BINARY_FOLDER "/test-work/") + name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

/// Trains for some iterations, like `train --save-every 0 --keep 2`, and returns the parameters.
std::vector<float> train(const std::string &path, uint64_t iterations, int threads, int64_t memory = 0) {
  const gan_program &program = test::tinyProgram();
  TrainOptions options;
  options.output = Output::Quiet;
  options.data.where = "builtin:glyphs";
  options.data.quiet = true;
  options.data.memory = memory;
  options.checkpoints.seconds = 0;
  options.checkpoints.keep = 2;
  Numbers numbers(program, {});
  startKernels(threads);
  TrainingData data = loadTrainingData(program, options.data);
  data.epochIterations = 40;
  RunFolder folder(path, RunFolder::Start::New);
  folder.begin(Json{{"options", Json::object()}});
  State state(cpu(), program, 0);
  Interrupt interrupt;
  Training training({.session = {program, state, numbers, 0},
                     .options = options,
                     .data = data,
                     .folder = folder,
                     .start = {},
                     .total = iterations,
                     .interrupt = interrupt});
  EXPECT_EQ(training.run(), 0);
  startKernels(1);
  auto *weight = static_cast<const float *>(state.read(program.states[0]));
  return {weight, weight + 64};
}

TEST(Training, WritesWhileItTrainsAndDoesNotDependOnThreads) {
  std::string folder = freshFolder("training");
  std::vector<float> one = train(folder + "/one", 150, 1), four = train(folder + "/four", 150, 4);
  EXPECT_EQ(one, four);
  for (const char *name : {"/metrics.jsonl", "/checkpoints/final.safetensors", "/report.html"})
    EXPECT_TRUE(fs::exists(folder + "/four" + name)) << name;
  EXPECT_NEAR(one[0], 0, 0.02) << "the corner of nearly all glyphs is black";
}

/// Metrics of the model are in the same object as the line's own fields, so the front end refuses the names of these.
TEST(Training, LinesHaveTheFieldsThatTheFrontEndKeepsFree) {
  std::string folder = freshFolder("training-fields");
  train(folder + "/run", 150, 1);
  std::set<std::string> kept{
#define GAN_RUN_FIELD(name) #name,
#include "dsl/RunFields.def"
  };
  kept.insert("loss.W"); // the program's only observation
  std::istringstream lines(readWholeFile(folder + "/run/metrics.jsonl"));
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    auto fields = Json::parse(line);
    for (auto &[field, value] : fields.items())
      EXPECT_TRUE(kept.contains(field)) << field << " is missing in dsl/RunFields.def";
  }
  EXPECT_GT(count, 3u);
}

} // namespace
} // namespace ganrt
