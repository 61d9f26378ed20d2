// Tests that damaged checkpoints are refused (in every bit of the header and many of the tensors), which checkpoint of
// a run counts, and what a resumed run keeps of its logs.
#include "runtime/train/Checkpoint.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Safetensors.h"
#include "runtime/report/TimesFile.h"
#include "runtime/train/CheckpointFiles.h"
#include "runtime/train/Checkpoints.h"
#include "runtime/train/RunFolder.h"
#include "tests/unit/runtime/ErrorOf.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ganrt {
namespace {

namespace fs = std::filesystem;

class CheckpointFile : public testing::Test {
protected:
  CheckpointFile() {
    states[0].name = "E.weight", states[0].layout = {GAN_F32, 2, {64, 48}, 2, {64, 48}, {0, 1}};
    states[1].name = "optim.step", states[1].layout = {GAN_F64, 0, {}, 0, {}, {}};
    states[1].address.offset = 64 * 48 * 4;
    states[0].init = states[1].init = GAN_INIT_CONSTANT, states[0].init_a = 0.25, states[1].init_a = 3;
    train.kind = GAN_GRAPH_TRAIN;
    program.model = "m", program.source_hash = "h", program.states = states, program.num_states = 2;
    program.graphs = &train, program.num_graphs = 1, program.state_bytes = 64 * 48 * 4 + 8;
    fs::remove_all(run);
    fs::create_directories(run + "/checkpoints");
    std::ofstream(run + "/config.json") << R"({"options": {}, "source_hash": "h"})";
  }
  ~CheckpointFile() override { fs::remove_all(run); }

  CheckpointInfo at(uint64_t iteration) const {
    return {{iteration, 100},
            7,
            "h",
            {{"metrics_bytes", 0}, {"recent", Json::array()}, {"epoch", Json::array()}, {"best", nullptr}}};
  }
  std::string path(const std::string &name) const { return run + "/checkpoints/" + name + ".safetensors"; }
  void save(const std::string &name, uint64_t iteration) { saveState(program, state(), path(name), at(iteration)); }
  const State &state() {
    if (!made)
      made = std::make_unique<State>(cpu(), program, 0);
    return *made;
  }
  std::string errorOfLoading(const std::string &name) {
    State other(cpu(), program, 0);
    return errorOf([&] { loadState(program, other, path(name), Fit::Whole); });
  }
  static void flip(const std::string &file, uint64_t byte, int bit) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(int64_t(byte));
    int was = stream.get();
    stream.seekp(int64_t(byte));
    stream.put(char(was ^ 1 << bit));
  }
  static uint64_t headerEnd(const std::string &file) {
    uint64_t length = 0;
    std::ifstream(file, std::ios::binary).read(reinterpret_cast<char *>(&length), 8);
    return 8 + length;
  }
  /// A file of another program, with this header and so many bytes after it.
  std::string foreign(const std::string &header, size_t bytes) const {
    uint64_t length = header.size();
    std::string file = run + "/foreign.safetensors", data(bytes, 1);
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char *>(&length), 8) << header << data;
    return file;
  }

  std::string run = testing::TempDir() + "checkpoint-run-" + std::to_string(getpid());
  gan_state states[2] = {};
  gan_graph train{};
  gan_program program{};
  std::unique_ptr<State> made;
};

TEST_F(CheckpointFile, EveryBitOfTheHeaderAndManyOfTheTensorsAreGuarded) {
  save("last", 5);
  std::string file = path("last");
  EXPECT_EQ(errorOfLoading("last"), "");
  uint64_t head = headerEnd(file), size = fs::file_size(file);
  for (uint64_t byte = 0; byte < head; ++byte)
    for (int bit = 0; bit < 8; ++bit) {
      flip(file, byte, bit);
      EXPECT_THROW(readCheckpointInfo(file), DamagedFile) << "byte " << byte << " bit " << bit;
      flip(file, byte, bit);
    }
  for (uint64_t i = 0; i < 200; ++i) {
    uint64_t byte = head + (i == 199 ? size - head - 1 : i * (size - head) / 200);
    flip(file, byte, int(i % 8));
    EXPECT_NE(errorOfLoading("last").find(file + ": is damaged: tensor "), std::string::npos) << byte;
    flip(file, byte, int(i % 8));
  }
  std::string page(4096, 0);
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary)
      .seekp(int64_t(head + 512))
      .write(page.data(), 4096);
  EXPECT_NE(errorOfLoading("last").find("tensor E.weight is not what was written"), std::string::npos);
  fs::resize_file(file, size - 1);
  EXPECT_THROW(readCheckpointInfo(file), DamagedFile);
}

TEST_F(CheckpointFile, ChangedFactsAreRefused) {
  for (auto [from, to] :
       {std::pair("\"iteration\":\"5\"", "\"iteration\":\"6\""), {"\"seed\":\"7\"", "\"seed\":\"8\""}}) {
    save("last", 5);
    std::string bytes = readWholeFile(path("last"));
    size_t place = bytes.find(from);
    ASSERT_NE(place, std::string::npos);
    std::ofstream(path("last"), std::ios::binary) << bytes.replace(place, strlen(from), to);
    EXPECT_THROW(readCheckpointInfo(path("last")), DamagedFile);
  }
}

TEST_F(CheckpointFile, TensorsOfOthersLieOneBehindTheOther) {
  auto tensors = [&](const std::string &a, const std::string &b, size_t bytes) {
    auto one = [](const std::string &name, const std::string &offsets) {
      return '"' + name + R"(":{"dtype":"F32","shape":[2],"data_offsets":[)" + offsets + "]}";
    };
    return errorOf([&] { readTensors(foreign("{" + one("a", a) + "," + one("b", b) + "}", bytes)); });
  };
  EXPECT_EQ(tensors("0,8", "8,16", 16), "");
  EXPECT_EQ(tensors("8,16", "0,8", 16), ""); // names may come in any order
  EXPECT_NE(tensors("0,8", "0,8", 8).find("tensor b overlaps another"), std::string::npos);
  EXPECT_NE(tensors("0,8", "4,12", 12).find("tensor b overlaps another"), std::string::npos);
  EXPECT_NE(tensors("0,8", "12,20", 20).find("tensor b does not follow"), std::string::npos);
  EXPECT_NE(tensors("4,12", "12,20", 20).find("tensor a does not follow"), std::string::npos);
  EXPECT_NE(tensors("0,8", "8,16", 20).find("4 bytes at its end"), std::string::npos);
  EXPECT_NE(tensors("0,8", "16,8", 16).find("tensor b lies outside"), std::string::npos);
}

TEST_F(CheckpointFile, FilesWithoutDigestsLoad) {
  std::string file = foreign(R"({"E.weight":{"dtype":"F32","shape":[64,48],"data_offsets":[0,12288]},)"
                             R"("optim.step":{"dtype":"F64","shape":[],"data_offsets":[12288,12296]}})",
                             12296);
  State other(cpu(), program, 0);
  testing::internal::CaptureStderr();
  loadState(program, other, file, Fit::Whole);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "note: " + file + " has no digests, so that damage to it would not be seen\n");
  EXPECT_EQ(*static_cast<const uint8_t *>(other.read(states[0])), 1);
}

TEST_F(CheckpointFile, TheNewestOfAnyNameCounts) {
  EXPECT_EQ(newestCheckpoint(run), std::nullopt);
  EXPECT_NE(errorOf([&] { checkpointPath(run); }).find(run + ": the run has no checkpoint yet"), std::string::npos);
  save("last", 150);
  save("step-00000100", 100);
  EXPECT_EQ(newestCheckpoint(run), path("last"));
  save("step-00000200", 200);
  EXPECT_EQ(newestCheckpoint(run), path("step-00000200"));
  save("best", 300);
  EXPECT_EQ(newestCheckpoint(run), path("best"));
  save("final", 300); // it says that the run is complete
  EXPECT_EQ(newestCheckpoint(run), path("final"));
  CheckpointInfo unfinished = at(350);
  unfinished.training = nullptr;
  saveState(program, state(), path("step-00000350"), unfinished);
  saveState(program, state(), path("before-nan"), at(360));
  EXPECT_EQ(checkpointPath(run), path("final")) << "what training cannot go on from does not count";
  EXPECT_EQ(runOf(path("best")), run);
  EXPECT_EQ(runOf("checkpoints/best.safetensors"), ".");
  EXPECT_EQ(runOf(run), run);
}

TEST_F(CheckpointFile, AnOlderWholeOneIsOffered) {
  save("step-00000100", 100);
  save("step-00000200", 200);
  save("last", 250);
  flip(path("last"), headerEnd(path("last")) + 77, 3);
  flip(path("step-00000200"), headerEnd(path("step-00000200")) + 9, 0);
  std::string offer = path("step-00000100") + ", of iteration 100, is whole: give it in place of " + run;
  std::string error = errorOfLoading("last");
  EXPECT_NE(error.find(path("last") + ": is damaged"), std::string::npos) << error;
  EXPECT_NE(error.find(offer), std::string::npos) << error;
  flip(path("last"), 30, 2); // now even its iteration is unknown
  error = errorOf([&] { newestCheckpoint(run); });
  EXPECT_NE(error.find(path("last")), std::string::npos) << error;
  EXPECT_NE(error.find(offer), std::string::npos) << error;
  removeLaterCheckpoints(run, 100);
  EXPECT_EQ(newestCheckpoint(run), path("step-00000100"));
  EXPECT_FALSE(pathExists(path("last")) || pathExists(path("step-00000200")));
  flip(path("step-00000100"), 30, 2);
  EXPECT_NE(errorOf([&] { newestCheckpoint(run); }).find("no other checkpoint that is whole"), std::string::npos);
}

/// Metadata from other programs, or edited by hand, may contain anything.
TEST_F(CheckpointFile, WhatTrainingStandsOnHasItsTypes) {
  std::string file = path("last");
  auto wrong = [&](const char *field, const Json &value) {
    CheckpointInfo info = at(5);
    info.training[field] = value;
    info.training = Json::parse(info.training.dump()); // as it is when read from a file
    return errorOf([&] { expectResumable(program, file, info); });
  };
  EXPECT_EQ(wrong("metrics_bytes", 12), "");
  for (auto [field, value] : {std::pair<const char *, Json>("metrics_bytes", "12"),
                              {"metrics_bytes", -1},
                              {"timings_lines", 1.5},
                              {"recent", 3},
                              {"recent", Json::array({1})},
                              {"epoch", Json::object()},
                              {"best", "best"},
                              {"names", Json::array({1})}})
    EXPECT_NE(wrong(field, value).find(file + ": its metadata training: the field " + field + " is not"),
              std::string::npos);
  EXPECT_NE(errorOf([&] { expectResumable(program, file, {}); }).find("does not tell where training stood"),
            std::string::npos);
  for (const char *text : {"x", "-1", " 5", ""}) {
    std::string other = foreign(R"({"__metadata__":{"iteration":")" + std::string(text) + "\"}}", 0);
    EXPECT_NE(errorOf([&] { readCheckpointInfo(other); }).find(other + ": its metadata iteration is no"),
              std::string::npos)
        << text;
  }
}

TEST_F(CheckpointFile, AConfigurationHasItsTypes) {
  RunFolder folder(run, RunFolder::Start::Resume);
  EXPECT_EQ(folder.config()["source_hash"], "h");
  for (const char *wrong : {R"("batch": "8")", R"("batch": -8)", R"("source": 3)", R"("target": [])", R"("ganc": null)",
                            R"("options": 7)", R"("source_hash": {})"}) {
    std::ofstream(run + "/config.json") << R"({"options": {}, "source_hash": "h", )" << wrong << "}";
    std::string field = std::string(wrong).substr(1, std::string(wrong).find(':') - 2);
    EXPECT_NE(errorOf([&] { folder.config(); }).find(run + "/config.json: its field " + field), std::string::npos)
        << wrong;
  }
}

/// `last` has its own clock: checkpoints of epochs do not delay it.
TEST_F(CheckpointFile, EpochsDoNotPutOffTheRollingCheckpoint) {
  LineFile metrics(run + "/metrics.jsonl");
  CheckpointPolicy policy{.seconds = 0.05, .keep = 1, .best = ""};
  Checkpoints checkpoints(program, run + "/checkpoints", policy, metrics);
  auto start = std::chrono::steady_clock::now();
  uint64_t epochs = 0;
  while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(60))
    checkpoints.epoch(state(), at(100 * ++epochs), Json::object(), {});
  checkpoints.wait();
  EXPECT_TRUE(checkpoints.due());
  checkpoints.now(state(), at(100 * epochs + 1));
  EXPECT_EQ(newestCheckpoint(run), path("last"));
}

/// A trainer may be killed between writing the files of one epoch.
TEST_F(CheckpointFile, AResumedRunGetsAllFilesOfItsEpoch) {
  LineFile metrics(run + "/metrics.jsonl");
  Checkpoints checkpoints(program, run + "/checkpoints", {}, metrics);
  CheckpointInfo info = at(200);
  info.training["names"] = {"step-00000200", "best"};
  info.training["best"] = -3.5;
  saveState(program, state(), path("step-00000200"), info);
  save("best", 100);
  checkpoints.restore(state(), readCheckpointInfo(path("step-00000200")));
  EXPECT_EQ(checkpoints.best(), -3.5);
  EXPECT_EQ(readWholeFile(path("best")), readWholeFile(path("step-00000200")));
}

TEST_F(CheckpointFile, TimesAreKeptByTheirLines) {
  std::string file = run + "/timings.jsonl";
  EXPECT_EQ(timesKept(file, 3).bytes, 0u);
  std::string text = "{\"iteration\":100,\"elapsed\":1.5}\nno line of ours\n{\"iteration\":200,\"elapsed\":2.5}\n"
                     "{\"iteration\":200,\"kernels\":[]}\n{\"iteration\":300,\"ela";
  std::ofstream(file) << text;
  TimesKept three = timesKept(file, 3), all = timesKept(file, 99);
  EXPECT_EQ(three.elapsed, 2.5);
  EXPECT_EQ(text.substr(0, three.bytes).substr(text.find("no line")),
            "no line of ours\n{\"iteration\":200,\"elapsed\":2.5}\n");
  EXPECT_EQ(all.lines, 4u);
  EXPECT_EQ(all.elapsed, 2.5);
  EXPECT_EQ(timesKept(file, 2).elapsed, 1.5);
  EXPECT_EQ(timesKept(file, 0).bytes, 0u);
}

} // namespace
} // namespace ganrt
