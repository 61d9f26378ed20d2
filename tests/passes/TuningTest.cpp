// Tests what tuning tries, without a clock: the space of schedules, the search on times that a formula gives, and loans
// between kernels.
#include "compiler/tuning/DeviceCost.h"
#include "compiler/tuning/KernelSearch.h"
#include "compiler/tuning/Transfer.h"
#include "tests/passes/Parsed.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <set>

namespace gan::test {
namespace {

Workload workload(const std::string &text) { return parseWorkload(text).value(); }

Machine machine() {
  Machine m;
  m.lanes = 16, m.registers = 32, m.threads = 2, m.flopsEachSecond = 5e11;
  return m;
}

struct Case {
  const char *workload, *base;
};
const char *const productText = "product m=128 n=1024 k=3136 ta=0 tb=1 flops=822083584 bytes=14852096";
const char *const convText =
    "conv n=64 ci=64 co=128 groups=1 ih=32 iw=32 kh=4 kw=4 oh=16 ow=16 sh=2 sw=2 ph=1 pw=1 dh=1 "
    "dw=1 flops=4294967296 bytes=26214400";
const Case cases[] = {
    {productText, "v2 contraction vec=4 task=0 rows=1 columns=4 unroll=1 by_rows=1 depth=0"},
    {convText,
     "v2 convolution vec=4 task=0 rows=1 columns=4 unroll=1 by_rows=1 images=1 lines=0 algorithm=direct tile=1"},
    {"conv_weight_grad n=64 ci=64 co=128 groups=1 ih=32 iw=32 kh=4 kw=4 oh=16 ow=16 sh=2 sw=2 ph=1 pw=1 dh=1 dw=1 "
     "flops=4294967296 bytes=26214400",
     "v2 convolution vec=16 task=16 rows=8 columns=32 unroll=4 by_rows=1 images=2 lines=3 algorithm=direct tile=1"},
    {"conv_input_grad n=8 ci=3 co=16 groups=1 ih=9 iw=7 kh=3 kw=3 oh=9 ow=7 sh=1 sw=1 ph=1 pw=1 dh=1 dw=1 flops=435456 "
     "bytes=100000",
     "v2 convolution vec=16 task=1 rows=4 columns=3 unroll=4 by_rows=1 images=2 lines=0 algorithm=points tile=1"},
    {"reduction reduced=4096 kept=64 along=1 flops=262144 bytes=1048832", "v2 reduction vec=8 task=1 blocks=4 lanes=8"},
    {"map count=1000000 flops=4000000 bytes=8000000", "v2 map vec=16 task=4096"},
    {"gpu_product batches=1 m=128 n=784 k=400 flops=80281600 bytes=1863744",
     "v2 gpu_product rows=4 columns=4 depth=8 row_threads=16 column_threads=16 parts=3 stages=1 wide=1"},
    {"gpu_reduction reduced=128 kept=400 along=0 flops=51200 bytes=206400",
     "v2 gpu_reduction blocks=1 lanes=8 results=32"},
};

TEST(ScheduleSpace, IsValidDistinctAndNormal) {
  for (const Case &c : cases) {
    ScheduleSpace space(workload(c.workload), parsed(c.base), machine());
    std::vector<Schedule> all = space.all();
    EXPECT_GE(all.size(), 20u) << c.workload;
    EXPECT_LE(all.size(), 100000u) << c.workload;
    std::set<std::string> texts;
    for (const Schedule &s : all) {
      ASSERT_EQ(validateSchedule(s), "") << printSchedule(s);
      ASSERT_EQ(space.normal(s), s) << printSchedule(s);
      ASSERT_TRUE(space.allows(s));
      ASSERT_TRUE(texts.insert(printSchedule(s)).second) << printSchedule(s);
    }
    for (const Schedule &s : space.neighbours(parsed(c.base)))
      ASSERT_TRUE(space.allows(s) && space.normal(s) == s) << printSchedule(s);
  }
}

TEST(ScheduleSpace, KeepsSumsInRegistersAndPanelsInTheCache) {
  ScheduleSpace space(workload(productText), parsed(cases[0].base), machine());
  for (const Schedule &s : space.all()) {
    EXPECT_LE((s.rows + 1) * (s.columns / s.vec) + 1, 32) << printSchedule(s);
    EXPECT_LE((s.depth ? s.depth : 3136) * (s.rows + s.columns) * 4, 1 << 20) << printSchedule(s);
  }
}

TEST(ScheduleSpace, HasAllAlgorithmsButNoInexactTransform) {
  ScheduleSpace space(workload(convText), parsed(cases[1].base), machine());
  std::set<int64_t> tiles;
  for (const Schedule &s : space.all())
    if (s.algorithm == Algorithm::Winograd)
      tiles.insert(s.tile);
  EXPECT_EQ(tiles, (std::set<int64_t>{2, 3, 4})); // two taps in each class of the stride
  ScheduleSpace wide(
      workload("conv n=64 ci=64 co=128 groups=1 ih=32 iw=32 kh=5 kw=5 oh=32 ow=32 sh=1 sw=1 ph=2 pw=2 dh=1 "
               "dw=1 flops=4294967296 bytes=26214400"),
      parsed(cases[1].base), machine());
  for (const Schedule &s : wide.all())
    EXPECT_FALSE(s.algorithm == Algorithm::Winograd && s.tile > 2); // more than six points lose digits
}

TEST(ScheduleSpace, OfGpusHasBlocksThatCardsHold) {
  ScheduleSpace space(workload(cases[6].workload), parsed(cases[6].base), machine());
  std::set<int64_t> stages, parts;
  for (const Schedule &s : space.all()) {
    EXPECT_EQ(s.wide, true) << "it is a property of the operands";
    EXPECT_LE(s.depth * s.parts, 400) << printSchedule(s);
    int64_t threads = s.rowThreads * s.columnThreads;
    EXPECT_TRUE(threads >= 32 && threads <= 512) << printSchedule(s);
    stages.insert(s.stages), parts.insert(s.parts);
  }
  EXPECT_EQ(stages, (std::set<int64_t>{1, 2}));
  EXPECT_GE(parts.size(), 5u);
}

LaunchUse use(int64_t blocks, int64_t threads, int64_t registers, int64_t shared) {
  LaunchUse l;
  l.blocks = blocks, l.threads = threads, l.registers = registers, l.shared = shared;
  return l;
}

/// As NVIDIA's occupancy calculator has them.
TEST(DeviceCost, KnowsHowManyBlocksAMultiprocessorHolds) {
  const CardNumbers &a100 = cardNumbers("sm_80"), &h100 = cardNumbers("sm_90"), &rtx = cardNumbers("sm_89");
  EXPECT_EQ(residentBlocks(h100, use(1, 256, 32, 0)), 8);  // 2,048 threads
  EXPECT_EQ(residentBlocks(h100, use(1, 256, 64, 0)), 4);  // 65,536 registers
  EXPECT_EQ(residentBlocks(h100, use(1, 256, 129, 0)), 1); // which come in eights
  EXPECT_EQ(residentBlocks(h100, use(1, 64, 16, 0)), 32);  // that many blocks
  EXPECT_EQ(residentBlocks(h100, use(1, 64, 16, 48 << 10)), 4);
  EXPECT_EQ(residentBlocks(a100, use(1, 64, 16, 48 << 10)), 3);
  EXPECT_EQ(residentBlocks(rtx, use(1, 512, 32, 0)), 3); // 1,536 threads
  EXPECT_EQ(residentBlocks(rtx, use(1, 1024, 80, 0)), 0);
  EXPECT_EQ(std::string(cardNumbers("sm_87").card), "RTX 3090");
  EXPECT_EQ(std::string(cardNumbers("sm_999").architecture), "sm_120");
}

TEST(DeviceCost, FollowsWhatBlocksDo) {
  const CardNumbers &card = cardNumbers("sm_90");
  LaunchUse l = use(1320, 256, 64, 0);
  l.instructions = 1e6, l.multiplyAdds = 5e5, l.sectors = 1e4, l.barriers = 100;
  double base = deviceSeconds(card, {l}, 0);
  auto changed = [&](auto change) {
    LaunchUse other = l;
    change(other);
    return deviceSeconds(card, {other}, 0) / base;
  };
  EXPECT_NEAR(changed([](LaunchUse &o) { o.instructions *= 2; }), 2, 0.1);
  EXPECT_NEAR(changed([](LaunchUse &o) { o.blocks *= 2; }), 2, 0.2);
  EXPECT_GT(changed([](LaunchUse &o) { o.passes = 1e6; }), 3);
  EXPECT_GT(changed([](LaunchUse &o) { o.registers = 255; }), 1.1) << "few warps do not hide what they wait for";
  EXPECT_NEAR(changed([](LaunchUse &o) { o.counted = 2; }), 0.5, 0.1) << "the counts are of so many blocks";
  EXPECT_NEAR(deviceSeconds(card, {l}, 3.35e12), 1 / 0.85, 0.01) << "memory is the least";
  EXPECT_TRUE(std::isinf(deviceSeconds(card, {use(1, 1024, 128, 0)}, 0)));
}

/// A time that the search cannot know: the prediction for another machine, and up to a fifth more by chance.
double secret(const Workload &w, const Schedule &s) {
  Machine other = machine();
  other.flopsEachSecond = 2e11, other.threads = 4;
  for (Machine::Level &level : other.levels)
    level.bytesEachSecond /= 3;
  double chance = double(std::hash<std::string>()(printSchedule(s)) % 1000) / 1000;
  return CostModel(w, other).seconds(s) * (1 + 0.2 * chance);
}

/// The best schedule after some rounds, as a driver would search.
std::pair<Schedule, double> searched(const Case &c, int rounds, uint64_t seed) {
  Workload w = workload(c.workload);
  Schedule best = parsed(c.base);
  double time = secret(w, best);
  KernelSearch search(w, best, machine(), seed);
  search.learn(best, time);
  std::set<std::string> proposed{printSchedule(best)};
  for (int round = 0; round < rounds; ++round) {
    search.setBest(best, time);
    for (const Schedule &s : search.propose(6)) {
      EXPECT_TRUE(proposed.insert(printSchedule(s)).second) << printSchedule(s);
      double now = secret(w, s);
      search.learn(s, now);
      if (now < time)
        best = s, time = now;
    }
  }
  return {best, time};
}

TEST(KernelSearch, FindsFromScalarTilesWhatTheSpaceHas) {
  for (const Case &c : {cases[0], cases[1], cases[6]}) {
    Workload w = workload(c.workload);
    double least = secret(w, parsed(c.base)), first = least;
    for (const Schedule &s : ScheduleSpace(w, parsed(c.base), machine()).all())
      least = std::min(least, secret(w, s));
    double found = searched(c, 10, 0).second;
    EXPECT_GT(first / found, w.kind == "gpu_product" ? 1.1 : 3) << c.workload;
    EXPECT_LT(found / least, 1.1) << c.workload;
  }
}

TEST(KernelSearch, IsTheSameForTheSameSeedAndTimes) { EXPECT_EQ(searched(cases[0], 5, 7), searched(cases[0], 5, 7)); }

TEST(KernelSearch, TriesSuggestionsFirstAndEndsInASmallSpace) {
  KernelSearch search(workload(cases[5].workload), parsed(cases[5].base), machine(), 0);
  Schedule known = parsed("v2 map vec=16 task=12345");
  search.suggest(known);
  search.suggest(parsed(cases[4].base)); // of another kind of kernel
  std::vector<Schedule> some = search.propose(1000);
  ASSERT_FALSE(some.empty());
  EXPECT_EQ(some[0], known);
  EXPECT_TRUE(search.propose(1000).empty());
}

/// The distance as the language of sizes says it: nothing between kinds, and between other strides, taps or transposes.
std::optional<double> distance(const Workload &a, const Workload &b) {
  const std::set<std::string> choices = {"ta", "tb", "along", "kh", "kw", "sh", "sw", "dh", "dw", "groups"};
  if (a.kind != b.kind || a.sizes.size() != b.sizes.size())
    return std::nullopt;
  double sum = 0;
  for (size_t i = 0; i < a.sizes.size(); ++i) {
    auto [name, x] = a.sizes[i];
    auto [other, y] = b.sizes[i];
    if (name != other || (choices.count(name) && x != y))
      return std::nullopt;
    sum += std::abs(std::log2(double(std::max<int64_t>(x, 1))) - std::log2(double(std::max<int64_t>(y, 1))));
  }
  return sum;
}

/// Workloads with random sizes, some of which cannot be compared.
std::vector<std::string> randomWorkloads(size_t count) {
  std::mt19937 random(7);
  std::vector<std::string> texts;
  while (texts.size() < count) {
    Workload w = workload(cases[random() % std::size(cases)].workload);
    for (auto &[name, value] : w.sizes)
      value = name == "ta" || name == "tb" || name == "kh" ? int64_t(random() % 2) : int64_t(1 + random() % 64);
    texts.push_back(printWorkload(w));
  }
  return texts;
}

TEST(Neighbours, AreThoseOfASearchOfAll) {
  std::vector<std::string> texts = randomWorkloads(3000);
  texts.push_back("no workload"), texts.push_back("");
  Neighbours neighbours({texts.begin(), texts.end()});
  size_t some = 0;
  for (size_t i = 0; i < 60; ++i)
    for (auto [most, farthest] : {std::pair(1, 4.0), std::pair(8, 4.0), std::pair(5000, 12.0)}) {
      std::vector<double> wanted;
      for (const std::string &text : texts)
        if (std::optional<Workload> other = parseWorkload(text))
          if (std::optional<double> d = distance(workload(texts[i]), *other); d && *d <= farthest)
            wanted.push_back(*d);
      std::sort(wanted.begin(), wanted.end());
      wanted.resize(std::min(wanted.size(), size_t(most)));
      std::vector<Neighbours::Near> found = neighbours.nearest(texts[i], size_t(most), farthest);
      ASSERT_EQ(found.size(), wanted.size());
      EXPECT_EQ(found[0].distance, 0);
      for (size_t k = 0; k < found.size(); ++k) {
        ASSERT_NEAR(found[k].distance, wanted[k], 1e-4);
        ASSERT_NEAR(*distance(workload(texts[i]), workload(texts[found[k].number])), wanted[k], 1e-4);
      }
      some += found.size() > 8;
    }
  EXPECT_GT(some, 20u);
  EXPECT_TRUE(neighbours.nearest("draw count=1 flops=1 bytes=1", 8, 4).empty());
}

const char *const tuned16 = "v2 contraction vec=16 task=64 rows=8 columns=48 unroll=4 by_rows=0 depth=256";
const char *const default16 = "v2 contraction vec=16 task=64 rows=8 columns=32 unroll=4 by_rows=1 depth=0";

std::string productOf(int64_t k) {
  return "product m=128 n=1024 k=" + std::to_string(k) + " ta=0 tb=1 flops=" + std::to_string(2 * 128 * 1024 * k) +
         " bytes=1000000";
}

Records tunedProducts(const char *schedule, std::initializer_list<int64_t> sizes) {
  Records records;
  for (int64_t k : sizes)
    records.add({"x86-64-v4", "AMD", "k_" + std::to_string(k)}, {parsed(schedule), 1, 1.5, productOf(k), "1"});
  return records;
}

TEST(Transfer, LendsWhereLoansWouldHavePaid) {
  Records records = tunedProducts(tuned16, {2048, 2304, 3136});
  Transfer transfer(records, "x86-64-v4", "AMD", machine());
  std::optional<Transfer::Loan> loan = transfer.loan(workload(productOf(2400)), parsed(default16));
  ASSERT_TRUE(loan);
  EXPECT_EQ(loan->kernel, "k_2304");
  EXPECT_EQ(loan->schedule.columns, 48);
  EXPECT_GT(loan->gain, 1.02);
  // Far away, of another kind, or on another machine there is no loan.
  EXPECT_FALSE(transfer.loan(workload(productOf(64)), parsed(default16)));
  EXPECT_FALSE(transfer.loan(workload(cases[5].workload), parsed(cases[5].base)));
  EXPECT_FALSE(Transfer(records, "x86-64-v4", "Intel", machine()).loan(workload(productOf(2400)), parsed(default16)));
}

TEST(Transfer, LendsNothingWhereTuningDisagrees) {
  Records records = tunedProducts(tuned16, {2304});
  for (int64_t k : {2048, 2560, 3136})
    records.addWord({"x86-64-v4", "AMD", "k_" + std::to_string(k)}, {parsed(default16), 1, 1, productOf(k), "1"},
                    defaultIsBest);
  EXPECT_FALSE(Transfer(records, "x86-64-v4", "AMD", machine()).loan(workload(productOf(2400)), parsed(default16)));
}

/// What loans cost a build with many records is printed and not judged.
TEST(Transfer, LendsFromAHundredThousandRecords) {
  std::string text;
  for (int64_t i = 0; i < 100000; ++i)
    text +=
        "2\tx86-64-v4\tAMD\tk_" + std::to_string(i) + "\t" + productOf(i + 1) + "\t" + tuned16 + "\t1\t1.5\t0.1.0\n";
  Records records;
  std::vector<std::string> warnings;
  records.add(text, warnings);
  auto begin = std::chrono::steady_clock::now();
  auto tell = [&](const char *what) {
    printf("%.1f ms until %s\n",
           std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count(), what);
  };
  Transfer transfer(records, "x86-64-v4", "AMD", machine());
  tell("the index is there");
  for (int64_t k = 1000; k < 50000; k += 1000)
    EXPECT_EQ(transfer.loan(workload(productOf(k)), parsed(default16)).value().kernel, "k_" + std::to_string(k - 1));
  tell("49 loans are made");
}

} // namespace
} // namespace gan::test
