// Tests how codes are compared with classes, on tables small enough to count by hand.
#include "runtime/generate/Codes.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace ganrt {
namespace {

TEST(Codes, APermutationIsAllKnown) {
  CodeTable table(3, 3);
  for (int i = 0; i < 30; ++i)
    table.add(size_t(i + 1) % 3, size_t(i) % 3);
  EXPECT_NEAR(table.error(), 1, 1e-12);
  EXPECT_NEAR(table.matchedError(), 0, 1e-12);
  EXPECT_NEAR(table.information(), std::log(3.0), 1e-12);
}

TEST(Codes, OneCodeForAllIsNothingKnown) {
  CodeTable table(10, 4);
  for (int i = 0; i < 40; ++i)
    table.add(7, size_t(i) % 4);
  EXPECT_NEAR(table.matchedError(), 0.75, 1e-12);
  EXPECT_NEAR(table.information(), 0, 1e-12);
}

/// Compares the matching with every permutation.
TEST(Codes, TheMatchingIsTheBest) {
  uint64_t state = 1;
  for (int trial = 0; trial < 50; ++trial) {
    constexpr size_t n = 5;
    CodeTable table(n, n);
    std::vector<std::vector<int>> counts(n, std::vector<int>(n));
    int total = 0;
    for (size_t c = 0; c < n; ++c)
      for (size_t l = 0; l < n; ++l) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        counts[c][l] = int(state >> 60);
        total += counts[c][l];
        for (int k = 0; k < counts[c][l]; ++k)
          table.add(c, l);
      }
    std::vector<size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    int best = 0;
    do {
      int right = 0;
      for (size_t c = 0; c < n; ++c)
        right += counts[c][order[c]];
      best = std::max(best, right);
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_NEAR(table.matchedError(), 1 - double(best) / total, 1e-9);
  }
}

} // namespace
} // namespace ganrt
