// Tests what tuning keeps and what it tries: records as text, whatever the order and the damage, and schedules near
// one.
#include "compiler/tuning/Records.h"
#include "compiler/tuning/Space.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

namespace gan::test {
namespace {

Schedule parsed(const std::string &text) {
  std::string error;
  std::optional<Schedule> schedule = parseSchedule(text, error);
  EXPECT_TRUE(schedule) << error;
  return schedule.value_or(Schedule());
}

const TunedKernel first{"x86-64-v4", "AMD EPYC", "k_1"}, second{"x86-64-v3", "Intel Xeon", "k_2"};
const char *const map4 = "v2 map vec=4 task=0", *const map8 = "v2 map vec=8 task=64";

Records readBack(const std::string &text, std::vector<std::string> &warnings) {
  Records records;
  records.add(text, warnings);
  return records;
}

TEST(Records, AreTheSameTextInAnyOrder) {
  Records a, b;
  Winner x{parsed(map4), 1, 2}, y{parsed(map8), 0.25, 0.5};
  a.add(first, x), a.add(second, y), a.addFailure(first, parsed(map8), "wrong");
  b.addFailure(first, parsed(map8), "wrong"), b.add(second, y), b.add(first, x);
  EXPECT_EQ(a.text(), b.text());
  std::vector<std::string> warnings;
  Records c = readBack(a.text() + b.text(), warnings);
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(c.text(), a.text());
  ASSERT_TRUE(c.winner(first));
  EXPECT_EQ(c.winner(first)->schedule, parsed(map4));
  EXPECT_TRUE(c.failed(first, parsed(map8)));
  EXPECT_FALSE(c.failed(second, parsed(map8)));
  EXPECT_FALSE(c.winner({"x86-64-v4", "AMD EPYC", "k_2"}));
}

TEST(Records, OfTwoTheLargerGainIsKept) {
  Records a;
  a.add(first, {parsed(map4), 1, 1.5});
  a.add(first, {parsed(map8), 2, 4});
  EXPECT_EQ(a.winner(first)->schedule, parsed(map8));
  a.add(first, {parsed(map4), 1, 1.5});
  EXPECT_EQ(a.winner(first)->schedule, parsed(map8));
}

TEST(Records, DamagedLinesAreToldAndSkipped) {
  Records good;
  good.add(first, {parsed(map4), 1, 2});
  std::vector<std::string> warnings;
  Records read =
      readBack("\x01garbage\n" + good.text() + "2\ta\tb\tc\td\t1\t2\n1\tt\tm\tk\tv1 map vec=4 task=0\t1\t2\n" +
                   "1\tt\tm\tk\tv2 map vec=4 task=0\tfast\t2\n1\tt\tm\tk\tv2 map vec=4 task=0\t-1\t2\n1\tt\tm",
               warnings);
  EXPECT_EQ(read.text(), good.text());
  ASSERT_EQ(warnings.size(), 6u);
  EXPECT_EQ(warnings[0], "line 1 is skipped: it is no record of version 1, which has 7 fields");
  EXPECT_EQ(warnings[2], "line 5 is skipped: a schedule starts with its version, `v2`, not `v1`");
  EXPECT_EQ(warnings[3], "line 6 is skipped: `fast` and `2` are no times");
}

TEST(Space, NeighboursAreValidAndDistinct) {
  for (const char *text : {"v2 map vec=16 task=4096", "v2 reduction vec=8 task=1 blocks=4 lanes=8",
                           "v2 contraction vec=16 task=64 rows=8 columns=32 unroll=4 by_rows=1 depth=0",
                           "v2 convolution vec=8 task=2 rows=2 columns=16 unroll=2 by_rows=1 images=2 lines=3 "
                           "algorithm=direct tile=1",
                           "v2 convolution vec=16 task=1 rows=8 columns=32 unroll=4 by_rows=1 images=4 lines=0 "
                           "algorithm=winograd tile=4"}) {
    Schedule start = parsed(text);
    std::vector<Schedule> near = neighbours(start, 32);
    EXPECT_GE(near.size(), 4u) << text;
    std::set<std::string> texts{text};
    for (const Schedule &s : near) {
      EXPECT_EQ(validateSchedule(s), "");
      EXPECT_EQ(s.anchor, start.anchor);
      EXPECT_TRUE(texts.insert(printSchedule(s)).second) << printSchedule(s);
      if (start.anchor == Anchor::Contraction) {
        EXPECT_LE((s.rows + 1) * (s.columns / s.vec) + 1, 32);
      }
    }
  }
}

TEST(Space, ConvolutionsMayChangeTheirAlgorithm) {
  Schedule start = parsed("v2 convolution vec=8 task=2 rows=2 columns=16 unroll=2 by_rows=1 images=2 lines=3 "
                          "algorithm=direct tile=1");
  std::vector<Schedule> near = neighbours(start, 16);
  for (int64_t tile : {2, 3, 4})
    EXPECT_TRUE(std::any_of(near.begin(), near.end(),
                            [&](const Schedule &s) { return s.algorithm == Algorithm::Winograd && s.tile == tile; }));
}

} // namespace
} // namespace gan::test
