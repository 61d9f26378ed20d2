// Tests the feed of a training graph: which images each iteration gets, from memory and from the disk; that a disk that
// fails is told to the training; and that a feed may end at any moment.
#include "runtime/data/Feed.h"
#include "runtime/base/Error.h"
#include "runtime/device/Threads.h"
#include "tests/unit/runtime/TinyProgram.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <numeric>
#include <set>
#include <unistd.h>

namespace ganrt {
namespace {

namespace fs = std::filesystem;

constexpr int64_t batch = 16, pixels = 64, classes = 10;
constexpr int64_t inFile = 65536; ///< so many images fill a block of the store, which then writes them to its file

/// Images whose first pixels are their number, with labels that follow from it. `memory` is how many stay in memory.
Dataset numbered(int64_t count, int64_t memory) {
  WantedData wanted{.channels = 1, .height = 8, .width = 8, .memory = size_t(memory * pixels)};
  Dataset data = emptyDataset(wanted, false);
  for (int64_t i = 0; i < count; ++i) {
    uint8_t image[pixels] = {uint8_t(i), uint8_t(i >> 8), uint8_t(i >> 16)};
    std::fill(image + 3, image + pixels, uint8_t(i * 7));
    data.store->append(image);
    data.labels.push_back(int32_t(i % classes));
  }
  data.count = count;
  return data;
}

/// The tiny program with a label beside its images. Both inputs may belong to a step that runs in every `every`th
/// iteration, `times` times.
struct Program {
  explicit Program(bool repeated = false, uint32_t every = 1, uint32_t times = 1) {
    inputs[0] = graph.inputs[0];
    inputs[1].name = "y", inputs[1].kind = GAN_INPUT_LABEL,
    inputs[1].layout = {GAN_F32, 2, {batch, classes}, 2, {}, {}};
    inputs[1].address = {GAN_SPACE_INPUT, sizeof(float) * batch * pixels};
    inputs[0].step = inputs[1].step = group.step = repeated ? 0 : -1;
    step.every = every, step.times = times;
    graph.inputs = inputs, graph.num_inputs = 2, graph.groups = &group;
    graph.input_bytes = sizeof(float) * batch * (pixels + classes);
    program.graphs = &graph, program.steps = &step;
  }
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  gan_program program = test::tinyProgram();
  gan_graph graph = program.graphs[0];
  gan_group group = graph.groups[0];
  gan_step step = program.steps[0];
  gan_input inputs[2] = {};
};

/// A graph with its feed.
class Fed {
public:
  Fed(const Program &p, const Dataset &data, uint64_t seed = 3, uint64_t iteration = 0)
      : state(cpu(), p.program, 0), numbers(p.program, {}), graph({p.program, state, numbers, seed}, p.graph),
        feed(graph, BatchPlan(p.program, p.graph, data, graph.streams, {iteration, 0}, seed, {})) {}

  /// The numbers of the images that the graph's memory holds now.
  std::vector<int64_t> images() const { return decoded(static_cast<const float *>(graph.input(0))); }
  std::vector<int64_t> labels() const {
    const auto *hot = static_cast<const float *>(graph.input(1));
    std::vector<int64_t> found;
    for (int64_t j = 0; j < batch; ++j, hot += classes) {
      EXPECT_EQ(std::count(hot, hot + classes, 1), 1);
      EXPECT_EQ(std::count(hot, hot + classes, 0), classes - 1);
      found.push_back(std::find(hot, hot + classes, 1) - hot);
    }
    return found;
  }
  /// The images of the next iteration.
  std::vector<int64_t> next() {
    feed.next();
    std::vector<int64_t> found = images(), wanted;
    for (int64_t i : found)
      wanted.push_back(i % classes);
    EXPECT_EQ(labels(), wanted) << "an image has its own label";
    EXPECT_EQ(decoded(feed.values(0, 0).data()), found);
    return found;
  }
  static std::vector<int64_t> decoded(const float *numbers) {
    std::vector<int64_t> found;
    for (int64_t j = 0; j < batch; ++j, numbers += pixels) {
      auto byte = [&](int64_t k) { return std::lround(double(numbers[k]) * 255); };
      found.push_back(byte(0) | byte(1) << 8 | byte(2) << 16);
      for (int64_t k = 3; k < pixels; ++k)
        EXPECT_EQ(byte(k), found.back() * 7 % 256);
    }
    return found;
  }

  State state;
  Numbers numbers;
  Graph graph;
  Feed feed;
};

/// The images of batch `number` by the rule of Order alone, for data of `count` images.
std::vector<int64_t> ordered(Order &order, uint64_t number) {
  std::vector<int64_t> images;
  for (int64_t j = 0; j < batch; ++j)
    images.push_back(order.at(number, j));
  return images;
}
Order orderOf(int64_t count, uint64_t seed, bool passes = true) {
  std::vector<uint32_t> members(static_cast<size_t>(count));
  std::iota(members.begin(), members.end(), 0u);
  return {members, batch, passes, seed, "data.order"};
}

TEST(Feed, BatchesComeInTheirOrderFromMemoryAndFromTheDisk) {
  Program p;
  for (auto [count, memory, iterations] :
       {std::tuple(53, 53, 40), {53, 52, 40}, {53, 0, 40}, {inFile + 99, 40, 300}, {inFile + 99, inFile / 2, 300}}) {
    Dataset data = numbered(count, memory);
    ASSERT_EQ(data.store->inMemory(), size_t(memory));
    for (int threads : {1, 3}) {
      kernelThreads().start(threads);
      Fed fed(p, data);
      Order order = orderOf(count, 3);
      for (int i = 0; i < iterations; ++i)
        ASSERT_EQ(fed.next(), ordered(order, uint64_t(i))) << i << ", " << memory << " of " << count << " in memory";
    }
  }
  kernelThreads().start(1);
}

/// At the end of a pass the images that do not fill a batch are left out, other ones each time.
TEST(Feed, APassHasEachImageAtMostOnce) {
  Program p;
  for (int64_t memory : {53, 0}) {
    Dataset data = numbered(53, memory);
    Fed fed(p, data);
    std::set<int64_t> ever;
    std::vector<std::vector<int64_t>> passes;
    for (int pass = 0; pass < 6; ++pass) {
      std::vector<int64_t> all;
      for (int i = 0; i < 3; ++i)
        for (int64_t image : fed.next())
          all.push_back(image);
      EXPECT_EQ(std::set<int64_t>(all.begin(), all.end()).size(), 48u) << "an image came twice in pass " << pass;
      ever.insert(all.begin(), all.end());
      EXPECT_EQ(std::count(passes.begin(), passes.end(), all), 0) << "pass " << pass << " is like an earlier one";
      passes.push_back(all);
    }
    EXPECT_EQ(ever.size(), 53u) << "some images are never used";
  }
}

/// Where the model says how many iterations an epoch has, passes follow one another without a gap.
TEST(Feed, EpochsOfADeclaredLengthLeaveNothingOut) {
  Program p;
  p.program.epoch_iterations = 7;
  for (int64_t memory : {53, 0}) {
    Dataset data = numbered(53, memory);
    Fed fed(p, data);
    std::vector<int64_t> all;
    for (int i = 0; i < 53; ++i) // 16 passes
      for (int64_t image : fed.next())
        all.push_back(image);
    for (int64_t pass = 0; pass < 16; ++pass) {
      auto begin = all.begin() + pass * 53;
      EXPECT_EQ(std::set<int64_t>(begin, begin + 53).size(), 53u) << pass;
    }
  }
}

TEST(Feed, FollowsFromTheSeedAndTheIteration) {
  Program p;
  Dataset data = numbered(200, 200), onDisk = numbered(200, 0);
  std::vector<std::vector<int64_t>> first;
  Fed fed(p, data, 5);
  for (int i = 0; i < 30; ++i)
    first.push_back(fed.next());
  Fed again(p, onDisk, 5), other(p, data, 6);
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(again.next(), first[size_t(i)]) << i;
    EXPECT_NE(other.next(), first[size_t(i)]) << i;
  }
  for (uint64_t start : {1, 11, 12, 13, 29}) { // 12 iterations are a pass
    Fed resumed(p, data, 5, start), resumedOnDisk(p, onDisk, 5, start);
    for (uint64_t i = start; i < 30; ++i) {
      EXPECT_EQ(resumed.next(), first[i]) << "from " << start;
      EXPECT_EQ(resumedOnDisk.next(), first[i]) << "from " << start;
    }
  }
}

/// Each repetition of a step has a batch of its own, and where the step does not run none is used.
TEST(Feed, RepeatedStepsGetABatchEach) {
  Program p(true, 2, 3);
  for (int64_t memory : {200, 0}) {
    Dataset data = numbered(200, memory);
    Fed fed(p, data);
    Order order = orderOf(200, 3);
    uint64_t used = 0, seen = 0;
    fed.graph.afterCall = [&](uint32_t) {
      std::vector<int64_t> wanted = ordered(order, used + fed.graph.currentRepetition());
      EXPECT_EQ(fed.images(), wanted);
      EXPECT_EQ(Fed::decoded(fed.feed.values(0, fed.graph.currentRepetition()).data()), wanted);
      for (size_t j = 0; j < size_t(batch); ++j)
        EXPECT_EQ(fed.labels()[j], wanted[j] % classes);
      ++seen;
    };
    for (uint64_t i = 0; i < 20; ++i) {
      fed.feed.next();
      if (i % 2 == 0) {
        EXPECT_EQ(fed.feed.repetitions(0), 3u);
      }
      fed.graph.run({i, 0});
      used += i % 2 ? 0 : 3;
    }
    EXPECT_EQ(seen, 30u);
  }
}

/// The batch of the iteration that runs and the next one, which is being made numbers, are in use while the reader
/// makes others.
TEST(Prefetch, TwoBatchesStayAsTheyAre) {
  Program p;
  Dataset data = numbered(inFile + 50, 0);
  State state(cpu(), p.program, 0);
  Numbers numbers(p.program, {});
  Graph graph({p.program, state, numbers, 3}, p.graph);
  Prefetch reader(BatchPlan(p.program, p.graph, data, graph.streams, {0, 0}, 3, {}));
  Order order = orderOf(inFile + 50, 3);
  auto holds = [&](const Batch &found, uint64_t number) {
    std::vector<int64_t> images;
    for (const uint8_t *image : found[0][0].images)
      images.push_back(image[0] | image[1] << 8 | image[2] << 16);
    return images == ordered(order, number);
  };
  Batch *before = &reader.next();
  for (uint64_t i = 1; i < 60; ++i) {
    Batch *now = &reader.next();
    if (i % 3 == 0) // lets the reader go as far ahead as it does
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    EXPECT_TRUE(holds(*before, i - 1)) << i;
    EXPECT_TRUE(holds(*now, i)) << i;
    before = now;
  }
}

/// Shortens the file of a store to `bytes`, as if the disk had lost the rest. The file has no name, but this process
/// has it open.
void cutStore(off_t bytes) {
  int found = 0;
  for (const auto &entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    std::string target = fs::read_symlink(entry.path(), gone).string();
    if (target.find("ganc-data-") != std::string::npos && target.ends_with(" (deleted)"))
      found += !truncate(entry.path().c_str(), bytes);
  }
  ASSERT_EQ(found, 1) << "the store has one file";
}

TEST(Feed, ADiskThatFailsIsToldToTheTraining) {
  Program p;
  Dataset data = numbered(inFile, 0);
  Fed fed(p, data);
  cutStore(inFile / 2 * pixels);
  Order order = orderOf(inFile, 3);
  int good = 0;
  for (std::string error; error.empty(); ++good)
    try { // what was read before stays good
      ASSERT_EQ(fed.next(), ordered(order, uint64_t(good)));
      ASSERT_LE(good, 10) << "the half of the images that is gone is not missed";
    } catch (const UserError &e) {
      error = e.what();
      EXPECT_NE(error.find("the temporary file of the data cannot be read: it has lost its end"), std::string::npos)
          << error;
      --good;
    }
  EXPECT_THROW(fed.feed.next(), UserError) << "there is no way on from here";
} // and the feed ends without waiting for its thread for ever

TEST(Feed, ADiskThatFailsAtOnceIsToldWhereTheFeedIsMade) {
  Program p;
  Dataset data = numbered(inFile, 0);
  cutStore(0);
  EXPECT_THROW(Fed(p, data), UserError);
}

/// If this waits for ever, ctest ends it.
TEST(Feed, EndsAtAnyMoment) {
  Program p;
  Dataset inMemory = numbered(200, 200), onDisk = numbered(inFile, 0);
  for (int threads : {1, 3}) {
    kernelThreads().start(threads);
    for (const Dataset *data : {&inMemory, &onDisk})
      for (int used = 0; used < 12; ++used)
        for (int wait : {0, 1}) {
          Fed fed(p, *data);
          for (int i = 0; i < used; ++i)
            fed.next();
          if (wait) // until the reader has made all that it may and sleeps
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
  }
  kernelThreads().start(1);
}

/// Ten samples of one class and one of each of two others: balanced, each class comes a third of the time.
TEST(Feed, BalancedClassesComeEquallyOften) {
  Program p;
  Dataset data = numbered(100, 100);
  data.chosen = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 1, 2};
  data.labels = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2};
  data.count = 12;
  data.balanced = true;
  Fed fed(p, data);
  std::map<int64_t, int> counts;
  std::set<int64_t> seen;
  constexpr int iterations = 90;
  for (int i = 0; i < iterations; ++i)
    for (int64_t image : fed.next()) {
      ++counts[image % classes];
      seen.insert(image);
    }
  EXPECT_EQ(seen.size(), 12u);
  for (int64_t c : {0, 1, 2})
    EXPECT_NEAR(counts[c], iterations * batch / 3, 60) << c;
}

} // namespace
} // namespace ganrt
