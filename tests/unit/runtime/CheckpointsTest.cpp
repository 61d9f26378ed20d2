// Tests when a run writes which checkpoints: what each name holds after every epoch, which files are deleted, that the
// state is that of the moment at which a checkpoint was asked for, and what is left when one cannot be written.
#include "runtime/train/Checkpoints.h"
#include "runtime/base/Error.h"
#include "runtime/train/CheckpointFiles.h"
#include "tests/unit/runtime/ErrorOf.h"
#include "tests/unit/runtime/TinyProgram.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ganrt {
namespace {

namespace fs = std::filesystem;

/// While it lives, no file can grow beyond so many bytes, as on a full disk.
class FullDisk {
public:
  explicit FullDisk(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit small{bytes, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before); }
  FullDisk(const FullDisk &) = delete;
  FullDisk &operator=(const FullDisk &) = delete;

private:
  rlimit before{};
};

class CheckpointPolicies : public testing::Test {
protected:
  CheckpointPolicies() {
    fs::remove_all(run);
    fs::create_directories(folder);
    metrics.emplace(run + "/metrics.jsonl");
  }
  ~CheckpointPolicies() override { fs::remove_all(run); }

  Checkpoints checkpoints(const CheckpointPolicy &policy) { return {program, folder, policy, *metrics}; }
  static CheckpointInfo at(uint64_t iteration) {
    return {{iteration, 100}, 7, "0", {{"metrics_bytes", 0}, {"best", nullptr}}};
  }
  /// Fills the only tensor with a number.
  void fill(float value) {
    std::vector<float> numbers(64, value);
    state.write(program.states[0], numbers.data());
  }
  /// The number that the tensor of a checkpoint is filled with.
  float valueIn(const std::string &name) const {
    State other(cpu(), program, 0);
    loadState(program, other, path(name), Fit::Whole);
    return *static_cast<const float *>(other.read(program.states[0]));
  }
  /// Ends an epoch whose state is filled with the number of its last iteration.
  void endEpoch(Checkpoints &to, uint64_t iteration, const Json &values = Json::object()) {
    fill(float(iteration));
    to.epoch(state, at(iteration), values, {});
    to.wait();
  }
  static Json test(double value) { return {{"train", {{"loss.W", -1e9}}}, {"test", {{"loss.W", value}}}}; }
  std::string path(const std::string &name) const { return folder + "/" + name + ".safetensors"; }
  /// The iteration of each checkpoint in the folder, by its name.
  std::map<std::string, uint64_t> files() const {
    std::map<std::string, uint64_t> found;
    for (const auto &entry : fs::directory_iterator(folder))
      found[entry.path().stem()] = readCheckpointInfo(entry.path()).moment.iteration;
    return found;
  }
  using Files = std::map<std::string, uint64_t>;

  const gan_program &program = test::tinyProgram();
  std::string run = testing::TempDir() + "checkpoint-policies-" + std::to_string(getpid());
  std::string folder = run + "/checkpoints";
  State state{cpu(), program, 0};
  std::optional<LineFile> metrics;
};

TEST_F(CheckpointPolicies, TheEndsOfTheLastEpochsAreKept) {
  Checkpoints two = checkpoints({.seconds = 60, .keep = 2, .best = ""});
  endEpoch(two, 100);
  EXPECT_EQ(files(), (Files{{"step-00000100", 100}}));
  endEpoch(two, 200);
  EXPECT_EQ(files(), (Files{{"step-00000100", 100}, {"step-00000200", 200}}));
  endEpoch(two, 300);
  EXPECT_EQ(files(), (Files{{"step-00000200", 200}, {"step-00000300", 300}}));
  two.now(state, at(310));
  endEpoch(two, 400);
  EXPECT_EQ(files(), (Files{{"last", 310}, {"step-00000300", 300}, {"step-00000400", 400}}));
  EXPECT_EQ(valueIn("step-00000400"), 400);
}

TEST_F(CheckpointPolicies, NoEpochIsKeptUnlessAskedFor) {
  Checkpoints none = checkpoints({});
  int before = 0;
  none.epoch(state, at(100), test(1), [&] { ++before; });
  none.wait();
  EXPECT_EQ(files(), Files{});
  EXPECT_EQ(before, 1) << "what comes before a checkpoint, the pictures, comes without one too";
  EXPECT_TRUE(none.best().is_null());
}

/// From 100,000,000 iterations on the names have one more digit, and as texts they would no longer sort in order.
TEST_F(CheckpointPolicies, TheOldestIsThatOfTheFewestIterations) {
  Checkpoints two = checkpoints({.seconds = 60, .keep = 2, .best = ""});
  for (uint64_t iteration : {99'999'800u, 99'999'900u, 100'000'000u, 100'000'100u})
    endEpoch(two, iteration);
  EXPECT_EQ(files(), (Files{{"step-100000000", 100'000'000}, {"step-100000100", 100'000'100}}));
}

TEST_F(CheckpointPolicies, FilesOfOtherNamesAreNotRemoved) {
  std::vector<std::string> names{"step-0-mine",    "step-",         "step-00000001x",
                                 "steps-00000001", "epoch00000001", "before-nan"};
  for (const std::string &name : names)
    saveState(program, state, path(name), at(1));
  Checkpoints one = checkpoints({.seconds = 60, .keep = 1, .best = ""});
  endEpoch(one, 100);
  endEpoch(one, 200);
  Files expected{{"step-00000200", 200}};
  for (const std::string &name : names)
    expected[name] = 1;
  EXPECT_EQ(files(), expected);
}

TEST_F(CheckpointPolicies, BestIsReplacedByWhatIsBetterAlone) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (bool maximize : {false, true}) {
    fs::remove_all(path("best"));
    Checkpoints best = checkpoints({.seconds = 60, .keep = 0, .best = maximize ? "max:loss.W" : "min:loss.W"});
    double sign = maximize ? -1 : 1;
    uint64_t iteration = 0;
    for (auto [value, holds] : {std::pair(nan, 0),
                                {3.0, 200},
                                {2.0, 300},
                                {2.0, 300},
                                {2.5, 300},
                                {nan, 300},
                                {-inf, 300},
                                {inf, 300},
                                {1.0, 900},
                                {1.5, 900}}) {
      endEpoch(best, iteration += 100, test(sign * value));
      EXPECT_EQ(files(), holds ? (Files{{"best", uint64_t(holds)}}) : Files{}) << value;
      if (holds) {
        EXPECT_EQ(valueIn("best"), float(holds));
      }
    }
    EXPECT_EQ(best.best(), sign);
  }
}

TEST_F(CheckpointPolicies, TheTestPartDecidesWhereThereIsOne) {
  Checkpoints best = checkpoints({.seconds = 60, .keep = 0, .best = "loss.W"});
  endEpoch(best, 100, {{"train", {{"loss.W", 1.0}}}, {"test", {{"loss.W", 5.0}}}});
  endEpoch(best, 200, {{"train", {{"loss.W", 0.5}}}, {"test", {{"loss.W", 6.0}}}});
  EXPECT_EQ(files(), (Files{{"best", 100}}));
  EXPECT_EQ(best.best(), 5.0);
  endEpoch(best, 300, {{"train", {{"loss.W", 4.0}}}, {"test", {{"other", 9.0}}}}); // the test part does not have it
  endEpoch(best, 400, {{"train", {{"loss.W", 3.0}}}});
  endEpoch(best, 500, {{"train", {{"other", 1.0}}}});
  EXPECT_EQ(files(), (Files{{"best", 400}}));
}

TEST_F(CheckpointPolicies, AnEpochTellsItsNamesAndTheBestValue) {
  Checkpoints both = checkpoints({.seconds = 60, .keep = 1, .best = "loss.W"});
  endEpoch(both, 100, test(2));
  EXPECT_EQ(readWholeFile(path("best")), readWholeFile(path("step-00000100")));
  CheckpointInfo info = readCheckpointInfo(path("best"));
  EXPECT_EQ(info.training["names"], (Json{"step-00000100", "best"}));
  EXPECT_EQ(info.training["best"], 2.0);
  endEpoch(both, 200, test(3));
  info = readCheckpointInfo(path("step-00000200"));
  EXPECT_EQ(info.training["names"], Json{"step-00000200"});
  EXPECT_EQ(info.training["best"], 2.0) << "the best so far, not that of this epoch";
  EXPECT_EQ(files(), (Files{{"best", 100}, {"step-00000200", 200}})) << "best stays where its step is deleted";
  CheckpointInfo unfinished = at(250); // the end of a run within an epoch: training cannot go on from there
  unfinished.training = nullptr;
  both.epoch(state, unfinished, test(1), {});
  both.wait();
  EXPECT_TRUE(readCheckpointInfo(path("best")).training.is_null());
}

TEST_F(CheckpointPolicies, AResumedRunKnowsItsBest) {
  Checkpoints best = checkpoints({.seconds = 60, .keep = 0, .best = "loss.W"});
  CheckpointInfo info = at(100);
  info.training["best"] = 2.0;
  best.restore(state, info);
  endEpoch(best, 200, test(3));
  EXPECT_EQ(files(), Files{});
  endEpoch(best, 300, test(1));
  EXPECT_EQ(files(), (Files{{"best", 300}}));
}

TEST_F(CheckpointPolicies, RestoringWritesWhatIsMissingDamagedOrOlder) {
  CheckpointInfo info = at(200);
  info.training["names"] = {"step-00000200", "best", "damaged", "older"};
  fill(1);
  saveState(program, state, path("step-00000200"), info);
  saveState(program, state, path("older"), at(100));
  std::ofstream(path("damaged")) << "half a checkp";
  fill(2);
  checkpoints({}).restore(state, info);
  EXPECT_EQ(files(), (Files{{"step-00000200", 200}, {"best", 200}, {"damaged", 200}, {"older", 200}}));
  EXPECT_EQ(valueIn("step-00000200"), 1) << "was whole and of this epoch";
  for (const char *name : {"best", "damaged", "older"})
    EXPECT_EQ(valueIn(name), 2) << name;
}

TEST_F(CheckpointPolicies, LastIsDueAfterItsSeconds) {
  Checkpoints never = checkpoints({.seconds = 1e6, .keep = 0, .best = ""});
  EXPECT_FALSE(never.due());
  Checkpoints always = checkpoints({.seconds = 0, .keep = 0, .best = ""});
  EXPECT_TRUE(always.due());
  std::promise<void> release;
  always.epoch(state, at(100), {}, [&] { release.get_future().wait(); });
  EXPECT_FALSE(always.due()) << "while something is being written";
  release.set_value();
  always.wait();
  EXPECT_TRUE(always.due());
  Checkpoints soon = checkpoints({.seconds = 0.2, .keep = 0, .best = ""});
  usleep(210'000);
  EXPECT_TRUE(soon.due());
  soon.later(state, at(10));
  soon.wait(); // if the machine is so busy that this takes 0.2 seconds, nothing can be said
  EXPECT_EQ(files(), (Files{{"last", 10}}));
  Checkpoints rare = checkpoints({.seconds = 1e6, .keep = 0, .best = ""});
  rare.now(state, at(20));
  EXPECT_EQ(files(), (Files{{"last", 20}})) << "is on the disk when now() returns, due or not";
  EXPECT_FALSE(rare.due());
}

/// Training goes on at once, so that the file must not hold what later iterations make of the state.
TEST_F(CheckpointPolicies, TheStateIsThatOfTheCall) {
  Checkpoints one = checkpoints({.seconds = 60, .keep = 1, .best = ""});
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  bool pictures = false;
  fill(1);
  one.epoch(state, at(100), {}, [&, released] {
    released.wait();
    pictures = !pathExists(path("step-00000100"));
  });
  fill(2);
  release.set_value();
  one.wait();
  EXPECT_TRUE(pictures) << "come before the checkpoint that says that the epoch has ended";
  EXPECT_EQ(valueIn("step-00000100"), 1);
  one.later(state, at(101)); // a copy is there already and takes new values
  fill(3);
  one.wait();
  EXPECT_EQ(valueIn("last"), 2);
}

TEST_F(CheckpointPolicies, FinalReplacesLast) {
  Checkpoints all = checkpoints({.seconds = 60, .keep = 1, .best = "loss.W"});
  endEpoch(all, 100, test(1));
  all.now(state, at(150));
  fill(5);
  all.final(state, at(200));
  EXPECT_EQ(files(), (Files{{"best", 100}, {"step-00000100", 100}, {"final", 200}}));
  EXPECT_EQ(valueIn("final"), 5);
  checkpoints({}).final(state, at(300)); // without a last to remove
  EXPECT_EQ(files()["final"], 300u);
}

TEST_F(CheckpointPolicies, AFullDiskLeavesWhatThereWas) {
  Checkpoints all = checkpoints({.seconds = 0, .keep = 1, .best = "loss.W"});
  endEpoch(all, 100, test(2));
  all.now(state, at(110));
  Files before = files();
  {
    FullDisk full(64);
    all.epoch(state, at(200), test(1), {}); // what fails is told where it is waited for
    std::string error = errorOf([&] { all.wait(); });
    EXPECT_NE(error.find(path("step-00000200") + ": cannot be written: File too large"), std::string::npos) << error;
    EXPECT_NO_THROW(all.wait()) << "told once";
    EXPECT_NE(errorOf([&] { all.now(state, at(210)); }).find(path("last") + ": cannot be written"), std::string::npos);
    all.later(state, at(220));
    EXPECT_NE(errorOf([&] { all.later(state, at(230)); }).find(path("last") + ": cannot be written"), std::string::npos)
        << "the next one tells it, before it writes";
    EXPECT_NE(errorOf([&] { all.final(state, at(300)); }).find(path("final")), std::string::npos);
    EXPECT_EQ(files(), before) << "older ones are deleted, and last, only when the new one is whole";
  }
  endEpoch(all, 400, test(1.5));
  all.final(state, at(500));
  EXPECT_EQ(files()["final"], 500u);
  EXPECT_TRUE(files().contains("step-00000400"));
}

/// A checkpoint counts the lines of the metrics, which are cut to this length when the run is resumed.
TEST_F(CheckpointPolicies, IsNotWrittenWhereLinesOfMetricsCannotBe) {
  Checkpoints all = checkpoints({});
  metrics->append(std::string(100'000, 'x'));
  FullDisk full(100'010); // room for a checkpoint, not for another line
  EXPECT_THROW(metrics->append(std::string(100, 'y')), UserError);
  EXPECT_NE(errorOf([&] { all.now(state, at(100)); }).find("metrics.jsonl"), std::string::npos);
  EXPECT_EQ(files(), Files{});
}

TEST_F(CheckpointPolicies, AnErrorOfWhatComesBeforeIsNotLost) {
  Checkpoints one = checkpoints({.seconds = 60, .keep = 1, .best = ""});
  one.epoch(state, at(100), {}, [] { throw UserError("the pictures"); });
  EXPECT_EQ(errorOf([&] { one.wait(); }), "the pictures");
  EXPECT_EQ(files(), Files{});
  Checkpoints none = checkpoints({});
  none.epoch(state, at(100), {}, [] { throw UserError("again"); });
  EXPECT_EQ(errorOf([&] { none.wait(); }), "again");
}

TEST_F(CheckpointPolicies, EndsWhileItWrites) {
  for (uint64_t i = 1; i <= 20; ++i) {
    Checkpoints one = checkpoints({.seconds = 60, .keep = 1, .best = ""});
    fill(float(i));
    one.epoch(state, at(100 * i), {}, [] { usleep(1000); });
  } // nobody waits, and what was begun is whole
  EXPECT_EQ(files(), (Files{{"step-00002000", 2000}}));
  EXPECT_EQ(valueIn("step-00002000"), 20);
}

TEST(BestMetric, HasANameAndADirection) {
  gan_observation seen[4] = {};
  seen[0].name = "elbo", seen[0].kind = GAN_OBSERVE_LOSS, seen[0].maximize = 1;
  seen[1].name = "loss.D", seen[1].kind = GAN_OBSERVE_LOSS;
  seen[2].name = "error", seen[2].kind = GAN_OBSERVE_METRIC, seen[2].maximize = 1; // a metric has no direction
  seen[3].name = "grad.G", seen[3].kind = GAN_OBSERVE_GRADIENT;
  gan_graph train{}, evaluate{};
  train.observations = seen, train.num_observations = 2;
  evaluate.observations = seen + 2, evaluate.num_observations = 2;
  gan_graph graphs[] = {train, evaluate};
  gan_program program{};
  program.graphs = graphs, program.num_graphs = 2;
  auto both = [&](const std::string &text) {
    BestMetric best = bestMetric(program, text);
    return std::pair(best.name, best.maximize);
  };
  EXPECT_EQ(both(""), std::pair(std::string(), false));
  EXPECT_EQ(both("elbo"), std::pair(std::string("elbo"), true)) << "the objective's own direction";
  EXPECT_EQ(both("loss.D"), std::pair(std::string("loss.D"), false));
  EXPECT_EQ(both("min:elbo"), std::pair(std::string("elbo"), false)) << "what is said goes before it";
  EXPECT_EQ(both("max:error"), std::pair(std::string("error"), true));
  EXPECT_EQ(both("min:error"), std::pair(std::string("error"), false));
  for (auto [text, sentence] :
       {std::pair("error", "--best error: say max:error or min:error"),
        {"eror", "--best: the model has no loss or metric eror: did you mean error?"},
        {"min:elbow", "--best: the model has no loss or metric elbow: did you mean elbo?"},
        {"accuracy.of.all", "--best: the model has no loss or metric accuracy.of.all; there are elbo, loss.D, error"},
        {"grad.G", "--best: the model has no loss or metric grad.G; there are elbo, loss.D, error"},
        {"min:", "--best min: names no loss or metric; there are elbo, loss.D, error"},
        {"max:", "--best max: names no loss or metric; there are elbo, loss.D, error"}})
    EXPECT_EQ(errorOf([&, text = text] { bestMetric(program, text); }), sentence);
}

} // namespace
} // namespace ganrt
