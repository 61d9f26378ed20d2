// Ranks as threads of this process, which move bytes through memory and find nothing ready at random moments: means
// over ranks are the same on all of them whoever comes first, and rank 0 says for all why they cannot begin.
#include "runtime/base/Error.h"
#include "runtime/device/gpu/LargeMeans.h"
#include "runtime/device/ranks/MeanOverRanks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <random>
#include <thread>

namespace ganrt {
namespace {

/// One exchange of bytes: what each rank gives, and how it takes what the others gave.
struct Exchange {
  std::vector<const char *> given;
  int arrived = 0, taken = 0;
};

/// Takes from what all ranks gave.
using Take = std::function<void(const std::vector<const char *> &given)>;
struct Started {
  std::shared_ptr<Exchange> exchange;
  Take take;
  bool taken = false;
};

std::mutex mutex;
int numRanks = 1;
std::map<std::pair<int, uint64_t>, std::shared_ptr<Exchange>> exchanges; ///< by channel and number in it
thread_local int me = 0;
thread_local uint64_t startedOn[2];
thread_local std::minstd_rand luck;

void *start(int channel, const void *mine, Take take) {
  std::lock_guard lock(mutex);
  std::shared_ptr<Exchange> &exchange = exchanges[{channel, startedOn[channel]++}];
  if (!exchange)
    exchange = std::make_shared<Exchange>(Exchange{std::vector<const char *>(size_t(numRanks))});
  exchange->given[size_t(me)] = static_cast<const char *>(mine);
  ++exchange->arrived;
  return new Started{exchange, std::move(take)};
}

int finished(void *started) {
  std::lock_guard lock(mutex);
  auto *s = static_cast<Started *>(started);
  if (luck() % 3 || s->exchange->arrived < numRanks)
    return 0;
  if (!s->taken) {
    s->take(s->exchange->given);
    s->taken = true;
    ++s->exchange->taken;
  }
  if (s->exchange->taken < numRanks) // others may still read what this rank gave
    return 0;
  delete s;
  return 1;
}

size_t sizeOfSlice(int rank, uint64_t count, uint64_t slice) {
  uint64_t first = std::min(count, uint64_t(rank) * slice);
  return std::min(slice, count - first);
}

void *startGather(int channel, const void *mine, void *all, uint64_t bytes) {
  return start(channel, mine, [=](const std::vector<const char *> &given) {
    for (size_t r = 0; r < given.size(); ++r)
      memcpy(static_cast<char *>(all) + r * bytes, given[r], bytes);
  });
}

void *startSlices(int channel, const float *all, float *slices, uint64_t count, uint64_t slice) {
  return start(channel, all, [=, rank = me](const std::vector<const char *> &given) {
    for (size_t r = 0; r < given.size(); ++r)
      memcpy(slices + r * slice, given[r] + uint64_t(rank) * slice * sizeof(float),
             sizeOfSlice(rank, count, slice) * sizeof(float));
  });
}

void *startWhole(int channel, float *all, uint64_t count, uint64_t slice) {
  return start(channel, all, [=, rank = me](const std::vector<const char *> &given) {
    for (int r = 0; r < int(given.size()); ++r)
      if (r != rank)
        memcpy(all + uint64_t(r) * slice, given[size_t(r)] + uint64_t(r) * slice * sizeof(float),
               sizeOfSlice(r, count, slice) * sizeof(float));
  });
}

void *startBroadcast(int channel, void *bytes, uint64_t count) {
  return start(channel, bytes, [=, rank = me](const std::vector<const char *> &given) {
    if (rank)
      memcpy(bytes, given[0], count);
  });
}

int join(int *rank, int *ranks, int *onNode) {
  *rank = me;
  *ranks = *onNode = numRanks;
  return 0;
}

int host(char *name, int size) { return snprintf(name, size_t(size), "h%d", me); }

const gan_transport threads = {
    .launched_by = "GANC_TEST_OF_RANKS",
    .join = join,
    .host = host,
    .describe = [](int, char *, int) {},
    .start_gather = startGather,
    .start_slices = startSlices,
    .start_whole = startWhole,
    .start_broadcast = startBroadcast,
    .finished = finished,
    .send_note = [](int, uint64_t) {},
    .take_note = [](uint64_t *) { return -1; },
    .leave = [] {},
    .abort = [](int) {},
};

/// Runs `work` on so many ranks at once.
void onRanks(int count, const std::function<void(Ranks &)> &work) {
  setenv("GANC_TEST_OF_RANKS", "1", 1);
  numRanks = count;
  exchanges.clear();
  std::vector<std::thread> all;
  for (int r = 0; r < count; ++r)
    all.emplace_back([&, r] {
      me = r;
      luck.seed(unsigned(r + 1));
      startedOn[0] = startedOn[1] = 0;
      Ranks ranks(&threads);
      work(ranks);
    });
  for (std::thread &thread : all)
    thread.join();
  unsetenv("GANC_TEST_OF_RANKS");
}

std::vector<float> valuesOf(int rank, size_t count) {
  std::mt19937 random(unsigned(1000 * rank) + unsigned(count));
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float &v : values)
    v = normal(random) * std::exp2(float(random() % 40));
  return values;
}

TEST(Ranks, WithoutALauncherAProcessIsAlone) {
  Ranks ranks(&threads);
  EXPECT_TRUE(ranks.alone() && ranks.leads());
  EXPECT_EQ(ranks.gather("mine"), std::vector<std::string>{"mine"});
}

TEST(Ranks, GatherTextsOfAnyLength) {
  onRanks(4, [](Ranks &ranks) {
    auto text = [](int r) { return std::string(size_t(r * r * 7), char('a' + r)); };
    std::vector<std::string> all = ranks.gather(text(ranks.rank()));
    for (int r = 0; r < 4; ++r)
      EXPECT_EQ(all[size_t(r)], text(r));
    EXPECT_EQ(ranks.broadcast("from " + std::to_string(ranks.rank())), "from 0");
  });
}

/// Of few floats and of many, of counts that ranks cannot divide, several under way at once.
TEST(Ranks, MeansAreThoseInTheOrderOfRanks) {
  const std::vector<size_t> counts{1, 5, 2048, 2049, 10007, 3, 4099, 2};
  for (int size : {2, 3, 5}) {
    std::vector<std::vector<std::vector<float>>> found(static_cast<size_t>(size));
    onRanks(size, [&](Ranks &ranks) {
      MeanOverRanks means(ranks);
      std::vector<std::vector<float>> values;
      for (size_t count : counts)
        values.push_back(valuesOf(ranks.rank(), count));
      std::vector<uint64_t> numbers;
      for (std::vector<float> &v : values) {
        numbers.push_back(means.start(v.data(), v.size()));
        for (unsigned i = luck() % 9; i > 0; --i)
          means.progress();
      }
      means.finish(numbers[4]);
      means.finish(numbers.back());
      found[size_t(ranks.rank())] = values;
    });
    for (size_t c = 0; c < counts.size(); ++c) {
      std::vector<double> sums(counts[c]);
      for (int r = 0; r < size; ++r) {
        std::vector<float> values = valuesOf(r, counts[c]);
        for (size_t i = 0; i < counts[c]; ++i)
          sums[i] += double(values[i]);
      }
      for (size_t i = 0; i < counts[c]; ++i)
        ASSERT_EQ(found[0][c][i], float(sums[i] / size)) << size << " ranks, " << counts[c] << " floats, " << i;
    }
    for (int r = 1; r < size; ++r)
      EXPECT_EQ(found[size_t(r)], found[0]);
  }
}

TEST(Ranks, TheMeanOfEqualFloatsIsThatFloat) {
  std::vector<float> one = valuesOf(1, 3000), out(one.size());
  for (size_t size : {3, 7, 1000}) {
    std::vector<float> parts;
    for (size_t r = 0; r < size; ++r)
      parts.insert(parts.end(), one.begin(), one.end());
    meanOf(parts.data(), size, one.size(), one.size(), out.data());
    EXPECT_EQ(out, one);
  }
}

/// What the ranks say when each calls `begin` or `fail`; "" for one that begins or ends quietly.
std::vector<std::string> saidAtBegin(int count, const std::function<std::string(int)> &identity,
                                     const std::function<std::string(int)> &trouble) {
  std::vector<std::string> said(static_cast<size_t>(count));
  onRanks(count, [&](Ranks &ranks) {
    try {
      if (std::string why = trouble(ranks.rank()); !why.empty())
        ranks.fail(why);
      ranks.begin(identity(ranks.rank()));
    } catch (const UserError &e) {
      said[size_t(ranks.rank())] = e.what();
    } catch (const EndsQuietly &) {
    }
  });
  return said;
}

/// Two groups of calls, 0 to 9 and 10 to 19.
std::vector<gan_collective> largeMeansOf(std::vector<gan_collective> parts) {
  std::vector<gan_group> groups(2);
  groups[0].num_calls = groups[1].first_call = groups[1].num_calls = 10;
  gan_graph graph{};
  graph.collectives = parts.data();
  graph.num_collectives = uint32_t(parts.size());
  graph.groups = groups.data();
  graph.num_groups = 2;
  return largeMeans(graph);
}

gan_collective part(uint64_t offset, uint64_t count, uint32_t after, uint32_t before) {
  return {{GAN_SPACE_ARENA, offset}, count, after, before, "", 0, 0};
}

TEST(Ranks, CardsAddUpNeighboursTogether) {
  // The last layers first, as a backward pass has them; then one that lies elsewhere.
  std::vector<gan_collective> found =
      largeMeansOf({part(800, 100, 2, 9), part(400, 100, 3, 8), part(0, 100, 5, 9), part(4096, 7, 6, 9)});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].address.offset, 0u);
  EXPECT_EQ(found[0].count, 300u);
  EXPECT_EQ(found[0].after_call, 5u);
  EXPECT_EQ(found[0].before_call, 8u);
  EXPECT_EQ(found[1].count, 7u);
}

TEST(Ranks, CardsDoNotAddUpTogetherWhatIsNeededBeforeTheLastIsThere) {
  EXPECT_EQ(largeMeansOf({part(400, 100, 2, 5), part(0, 100, 5, 9)}).size(), 2u);
  EXPECT_EQ(largeMeansOf({part(400, 100, 2, 6), part(0, 100, 5, 9)}).size(), 1u);
  EXPECT_EQ(largeMeansOf({part(400, 100, 8, 20), part(0, 100, 12, 20)}).size(), 2u) << "of two groups";
  EXPECT_EQ(largeMeansOf({part(4 * largePart, 100, 2, 9), part(0, largePart, 3, 9)}).size(), 2u) << "too large";
}

TEST(Ranks, RankZeroSaysWhyTheyCannotBegin) {
  auto same = [](int) { return std::string("model: m\n--seed: 1\n"); };
  auto none = [](int) { return std::string(); };
  using Said = std::vector<std::string>;
  EXPECT_EQ(saidAtBegin(3, same, none), (Said{"", "", ""}));
  EXPECT_EQ(
      saidAtBegin(
          3, [](int r) { return "model: m\n--seed: " + std::to_string(r / 2) + "\n"; }, none),
      (Said{"rank 2 on host h2 was started with another program or other options: --seed: 1, rank 0 has 0", "", ""}));
  EXPECT_EQ(saidAtBegin(3, same, [](int r) { return std::string(r == 1 ? "x: no such folder" : ""); }),
            (Said{"rank 1 on host h1: x: no such folder", "", ""}));
  EXPECT_EQ(saidAtBegin(3, same, [](int) { return std::string("x: no such folder"); }),
            (Said{"x: no such folder", "", ""}));
}

} // namespace
} // namespace ganrt
