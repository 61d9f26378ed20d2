// The folder of a run: when one may be made, replaced and resumed, and that it belongs to one trainer at a time.
#include "runtime/train/RunFolder.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "tests/unit/runtime/ErrorOf.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

class RunFolders : public testing::Test {
protected:
  void SetUp() override { fs::create_directories(home); }
  void TearDown() override { fs::remove_all(home); }

  void make(RunFolder::Start start) const { RunFolder(path, start).begin(config); }
  void write(const std::string &name) const { std::ofstream(path + "/" + name) << "something"; }

  std::string home = fs::temp_directory_path() / ("ganc-run-folders-" + std::to_string(getpid())), path = home + "/run";
  Json config{{"options", Json::object()}, {"source_hash", "h"}};
};

TEST_F(RunFolders, ANewOneIsMadeWithItsConfiguration) {
  RunFolder folder(path + "/", RunFolder::Start::New);
  EXPECT_FALSE(fs::exists(path)) << "nothing is made before all is known to be right";
  folder.begin(config);
  EXPECT_EQ(folder.path(), path);
  EXPECT_EQ(folder.config(), config);
  EXPECT_TRUE(fs::is_directory(path + "/checkpoints"));
}

TEST_F(RunFolders, NothingIsReplacedByAccident) {
  make(RunFolder::Start::New);
  EXPECT_NE(errorOf([&] { make(RunFolder::Start::New); }).find("exists already; go on with --resume"),
            std::string::npos);
  fs::create_directories(home + "/other");
  std::ofstream(home + "/other/thesis.tex") << "years";
  path = home + "/other";
  EXPECT_NE(errorOf([&] { make(RunFolder::Start::Replace); }).find("something else than a run"), std::string::npos);
  EXPECT_NE(errorOf([&] { make(RunFolder::Start::Resume); }).find("holds no run to resume"), std::string::npos);
  EXPECT_TRUE(fs::exists(home + "/other/thesis.tex"));
}

TEST_F(RunFolders, ReplacingRemovesResultsAndNothingElse) {
  make(RunFolder::Start::New);
  for (const char *name : {"metrics.jsonl", "timings.jsonl", "samples/epoch-0001.png", "checkpoints/last.safetensors",
                           "events.out.tfevents.1", "notes.txt"})
    write(name);
  make(RunFolder::Start::Replace);
  for (const char *name : {"metrics.jsonl", "timings.jsonl", "samples/epoch-0001.png", "checkpoints/last.safetensors",
                           "events.out.tfevents.1"})
    EXPECT_FALSE(fs::exists(path + "/" + name)) << name;
  EXPECT_TRUE(fs::exists(path + "/notes.txt"));
}

TEST_F(RunFolders, ResumingRemovesUnfinishedFilesOfOurs) {
  make(RunFolder::Start::New);
  for (const char *name : {".ganc-AbC123", "checkpoints/.ganc-xyz789", ".ganc-long-name", "a.tmp", "metrics.jsonl"})
    write(name);
  make(RunFolder::Start::Resume);
  EXPECT_FALSE(fs::exists(path + "/.ganc-AbC123"));
  EXPECT_FALSE(fs::exists(path + "/checkpoints/.ganc-xyz789"));
  for (const char *name : {".ganc-long-name", "a.tmp", "metrics.jsonl"})
    EXPECT_TRUE(fs::exists(path + "/" + name)) << name;
}

TEST_F(RunFolders, BelongsToOneTrainerAtATime) {
  make(RunFolder::Start::New);
  {
    RunFolder first(path, RunFolder::Start::Resume);
    EXPECT_NE(errorOf([&] { RunFolder second(path, RunFolder::Start::Resume); }).find("another trainer is at work"),
              std::string::npos);
  }
  EXPECT_EQ(errorOf([&] { RunFolder second(path, RunFolder::Start::Resume); }), "") << "free again";
}

TEST_F(RunFolders, AConfigurationOfWrongTypesIsTold) {
  config["batch"] = "many";
  RunFolder folder(path, RunFolder::Start::New);
  folder.begin(config);
  EXPECT_NE(errorOf([&] { folder.config(); }).find("its field batch is to be a whole number"), std::string::npos);
}

} // namespace
} // namespace ganrt
