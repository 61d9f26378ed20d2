// Tests what tuning keeps: records as text, whatever the order and the damage.
#include "compiler/tuning/Records.h"
#include "tests/passes/Parsed.h"

#include <chrono>
#include <gtest/gtest.h>

namespace gan::test {
namespace {

const TunedKernel first{"x86-64-v4", "AMD EPYC", "k_1"}, second{"x86-64-v3", "Intel Xeon", "k_2"};
const char *const map4 = "v2 map vec=4 task=0", *const map8 = "v2 map vec=8 task=64";
const std::string work = "map count=64 flops=1 bytes=2";

Records readBack(const std::string &text, std::vector<std::string> &warnings) {
  Records records;
  records.add(text, warnings);
  return records;
}

Winner won(const char *schedule, double ms, double defaultMs) { return {parsed(schedule), ms, defaultMs, work, "1.2"}; }

TEST(Records, AreTheSameTextInAnyOrder) {
  Records a, b;
  Winner x = won(map4, 1, 2), y = won(map8, 0.25, 0.5);
  a.add(first, x), a.add(second, y), a.addWord(first, won(map8, 0, 0), "wrong");
  b.addWord(first, won(map8, 0, 0), "wrong"), b.add(second, y), b.add(first, x);
  EXPECT_EQ(a.text(), b.text());
  std::vector<std::string> warnings;
  Records c = readBack(a.text() + b.text(), warnings);
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(c.text(), a.text());
  ASSERT_TRUE(c.winner(first));
  EXPECT_EQ(c.winner(first)->schedule, parsed(map4));
  EXPECT_EQ(c.winner(first)->workload, work);
  EXPECT_EQ(c.winner(first)->version, "1.2");
  EXPECT_TRUE(c.failed(first, parsed(map8)));
  EXPECT_FALSE(c.failed(second, parsed(map8)));
  EXPECT_FALSE(c.winner({"x86-64-v4", "AMD EPYC", "k_2"}));
  Records merged = a;
  merged.add(b);
  EXPECT_EQ(merged.text(), a.text());
}

TEST(Records, OfTwoTheLargerGainIsKept) {
  Records a;
  a.add(first, won(map4, 1, 1.5));
  a.add(first, won(map8, 2, 4));
  EXPECT_EQ(a.winner(first)->schedule, parsed(map8));
  a.add(first, won(map4, 1, 1.5));
  EXPECT_EQ(a.winner(first)->schedule, parsed(map8));
  EXPECT_EQ(a.winners(), 1u);
  a.remove(first);
  EXPECT_FALSE(a.winner(first));
}

TEST(Records, PruningRemovesWhatIsNoGain) {
  Records a;
  a.add(first, won(map4, 1, 1.01)), a.add(second, won(map8, 1, 1.5)), a.addWord(first, won(map8, 0, 0), "late");
  std::vector<std::string> gone = a.prune();
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0], "k_1 on AMD EPYC: 1.010x is no gain");
  EXPECT_FALSE(a.winner(first));
  EXPECT_TRUE(a.winner(second));
  EXPECT_TRUE(a.failed(first, parsed(map8)));
}

TEST(Records, AWordTellsThatTheDefaultIsBest) {
  Records a;
  a.addWord(first, won(map4, 0, 0), defaultIsBest);
  EXPECT_TRUE(a.keepsDefault(first));
  EXPECT_FALSE(a.failed(first, parsed(map4)));
  EXPECT_FALSE(a.winner(first));
  EXPECT_FALSE(a.keepsDefault(second));
}

TEST(Records, DamagedLinesAreToldAndSkipped) {
  Records good;
  good.add(first, won(map4, 1, 2));
  std::vector<std::string> warnings;
  Records read = readBack(
      "\x01garbage\n" + good.text() + "1\ta\tb\tc\td\te\t1\t2\tv\n2\tt\tm\tk\tw\tv1 map vec=4 task=0\t1\t2\tv\n" +
          "2\tt\tm\tk\tw\tv2 map vec=4 task=0\tfast\t2\tv\n2\tt\tm\tk\tw\tv2 map vec=4 task=0\t-1\t2\tv\n2\tt\tm",
      warnings);
  EXPECT_EQ(read.text(), good.text());
  ASSERT_EQ(warnings.size(), 6u);
  EXPECT_EQ(warnings[0], "line 1 is skipped: it is no record of version 2, which has 9 fields");
  EXPECT_EQ(warnings[2], "line 5 is skipped: a schedule starts with its version, `v2`, not `v1`");
  EXPECT_EQ(warnings[3], "line 6 is skipped: `fast` and `2` are no times");
}

/// Every cut of a text, as a full disk or a bad merge may leave it, loses its last line only.
TEST(Records, ATextThatIsCutKeepsItsWholeLines) {
  Records all;
  all.add(first, won(map4, 1, 2)), all.add(second, won(map8, 1, 3));
  std::string text = all.text();
  for (size_t size = 0; size < text.size(); ++size) {
    std::vector<std::string> warnings;
    Records some = readBack(text.substr(0, size), warnings);
    EXPECT_LE(warnings.size(), 1u);
    EXPECT_LE(some.winners(), 2u);
  }
}

/// Every build reads all records, so it looks at each once. How long that takes is printed and not judged.
TEST(Records, AHundredThousandAreRead) {
  const char *found[] = {"0.25\t0.5", "wrong\t-", "0.125\t0.5", "default\t-", "late\t-"};
  std::string text;
  for (int i = 0; i < 100000; ++i) {
    char line[512];
    snprintf(line, sizeof line,
             "2\tx86-64-v4\tAMD EPYC\tk_%016x\tproduct m=128 n=%d k=3136 ta=0 tb=1 flops=%d "
             "bytes=14852096\tv2 contraction vec=16 task=%d rows=8 columns=48 unroll=4 by_rows=0 depth=%d\t%s\t0.1.0\n",
             (i / 5) * 40503, 64 + i, 2 * 128 * 3136 / 64 * (64 + i), i % 5 * 64 + 64, 64 + i / 5 % 100 * 16,
             found[i % 5]);
    text += line;
  }
  Records records;
  std::vector<std::string> warnings;
  auto begin = std::chrono::steady_clock::now();
  records.add(text, warnings);
  printf("%.1f ms\n", std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(records.all().size(), 80000u);
  EXPECT_EQ(records.winners(), 20000u);
  EXPECT_EQ(records.winner({"x86-64-v4", "AMD EPYC", "k_0000000000000000"})->ms, 0.125);
}

} // namespace
} // namespace gan::test
