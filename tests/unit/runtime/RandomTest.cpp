// Tests random numbers: Philox against the values that its authors published, distributions against their moments.
#include "runtime/program/Random.h"

#include <cmath>
#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace ganrt {
namespace {

// The values are from Random123's kat_vectors: philox4x32 10.
TEST(Philox, KnownAnswers) {
  using Block = std::array<uint32_t, 4>;
  EXPECT_EQ(philox({0, 0, 0, 0}, 0), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffffffffffff}, 0xffffffff),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0xa4093822, 0x299f31d0, 0x85a308d3, 0x0370734413198a2e}, 0x243f6a88),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, MomentsOfUniformAndNormal) {
  DrawKey s = drawKey(3, "moments");
  constexpr int n = 200000;
  double u = 0, uu = 0, z = 0, zz = 0, zzzz = 0;
  for (int i = 0; i < n; ++i) {
    double a = uniformAt(s, i), b = normalAt(s, i);
    ASSERT_GE(a, 0);
    ASSERT_LT(a, 1);
    u += a, uu += a * a, z += b, zz += b * b, zzzz += b * b * b * b;
  }
  EXPECT_NEAR(u / n, 0.5, 5 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(uu / n - u * u / n / n, 1.0 / 12, 5 * std::sqrt(1.0 / 180 / n)); // each is five deviations of its mean
  EXPECT_NEAR(z / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(zz / n, 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(zzzz / n, 3, 5 * std::sqrt(96.0 / n)); // tells a normal distribution from others of its deviation
}

TEST(Random, FillingIsElementByElement) {
  DrawKey s = drawKey(4, "fill");
  for (size_t count : {1, 15, 64, 70, 333}) {
    std::vector<double> u(count), n(count);
    fillUniform(s, 0, u.data(), count);
    fillNormal(s, 0, n.data(), count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(u[i], uniformAt(s, i));
      EXPECT_EQ(n[i], normalAt(s, i));
    }
    fillUniform(s, 128, u.data(), count);
    fillNormal(s, 128, n.data(), count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(u[i], uniformAt(s, 128 + i));
      EXPECT_EQ(n[i], normalAt(s, 128 + i));
    }
  }
}

TEST(Random, PurposesAndIterationsDiffer) {
  EXPECT_NE(uniformAt(drawKey(1, "z"), 0), uniformAt(drawKey(1, "c"), 0));
  EXPECT_NE(uniformAt(drawKey(1, "z", 0, 0), 0), uniformAt(drawKey(1, "z", 0, 1), 0));
  EXPECT_NE(uniformAt(drawKey(1, "z", 0, 0), 0), uniformAt(drawKey(1, "z", 1, 0), 0));
  EXPECT_NE(uniformAt(drawKey(1, "z"), 0), uniformAt(drawKey(2, "z"), 0));
}

/// Neither number overflows into the other, however large it is.
TEST(Random, ApplicationsAndRepetitionsDiffer) {
  std::set<std::array<uint32_t, 4>> blocks;
  size_t count = 0;
  for (uint32_t application : {0u, 1u, 66000u, 131000u, 65536u, 65537u, 1u << 31})
    for (uint32_t repetition : {0u, 1u, 2u, 131u, 65535u, 65536u, 65537u, 1u << 20, 1u << 31}) {
      blocks.insert(philox(drawKey(1, "z", application, 7, repetition), 0));
      ++count;
    }
  EXPECT_EQ(blocks.size(), count);
}

} // namespace
} // namespace ganrt
