// What `bench --profile` computes from times, with times and a machine that are given.
#include "runtime/commands/Profile.h"

#include <gtest/gtest.h>

using namespace ganrt;

namespace {

/// A machine with 100 GFLOP/s, 200 GB/s in a cache of a MiB and 50 GB/s beyond it.
const Roofline machine{100e9, {{1048576, 200e9}, {268435456, 50e9}}};

gan_kernel kernel(const char *name, double flops, double bytes) {
  gan_kernel k{};
  k.name = name, k.flops = flops, k.bytes = bytes, k.anchor = "matmul", k.schedule = "by hand";
  return k;
}

gan_call call(const char *label, uint32_t kernel) {
  gan_call c{};
  c.kernel = kernel, c.label = label, c.line = 7;
  return c;
}

/// Two iterations of a product and a map, which runs twice in each, and a call that never runs.
struct Measured {
  gan_kernel kernels[2] = {kernel("k_product", 1e6, 1e4), kernel("k_map", 1e3, 2e6)};
  gan_call calls[3] = {call("map", 1), call("product", 0), call("never", 0)};
  gan_program program{};
  gan_graph table{};
  Measured() {
    program.kernels = kernels, program.num_kernels = 2;
    table.calls = calls, table.num_calls = 3;
  }
  Profile profile() const {
    Profile p(table);
    for (int i = 0; i < 2; ++i)
      p.add(1, 400e-6);
    for (int i = 0; i < 4; ++i)
      p.add(0, 50e-6);
    return p;
  }
};

} // namespace

TEST(Roofline, AKernelIsBoundByWhatTakesLonger) {
  EXPECT_DOUBLE_EQ(machine.bound(kernel("", 1e6, 1e4)), 1e-5);
  EXPECT_DOUBLE_EQ(machine.bound(kernel("", 1e3, 1e6)), 1e6 / 200e9) << "it fits into the cache";
  EXPECT_DOUBLE_EQ(machine.bound(kernel("", 1e3, 2e6)), 2e6 / 50e9) << "it does not";
  EXPECT_DOUBLE_EQ(machine.bound(kernel("", 1e3, 1e9)), 1e9 / 50e9);
}

TEST(Roofline, MeasuresNumbersThatFallWithSize) {
  EXPECT_GT(measuredPeak(1), 0);
  std::vector<Bandwidth> measured = measuredBandwidths(2);
  ASSERT_GE(measured.size(), 2u);
  for (size_t i = 1; i < measured.size(); ++i) {
    EXPECT_GT(measured[i].bytes, measured[i - 1].bytes);
    EXPECT_LE(measured[i].bytesEachSecond, measured[i - 1].bytesEachSecond);
  }
  EXPECT_GT(measured.back().bytesEachSecond, 0);
}

TEST(Profile, TellsTimesRatesAndBoundsOfAnIteration) {
  Measured m;
  Json rows = profileJson(m.program, m.table, m.profile(), 2, &machine);
  ASSERT_EQ(rows.size(), 2u) << "calls that did not run are left out";
  EXPECT_EQ(rows[0]["label"], "product");
  EXPECT_DOUBLE_EQ(rows[0]["us"], 400);
  EXPECT_DOUBLE_EQ(rows[0]["share"], 0.8);
  EXPECT_DOUBLE_EQ(rows[0]["gflops"], 2.5);
  EXPECT_DOUBLE_EQ(rows[0]["bound_us"], 10);
  EXPECT_EQ(rows[0]["bound_by"], "flops");
  EXPECT_DOUBLE_EQ(rows[1]["us"], 100) << "both runs of the iteration";
  EXPECT_DOUBLE_EQ(rows[1]["gbytes"], 40);
  EXPECT_DOUBLE_EQ(rows[1]["bound_us"], 80);
  EXPECT_EQ(rows[1]["bound_by"], "bytes");
  EXPECT_DOUBLE_EQ(boundOfStep(m.program, m.table, m.profile(), 2, machine), 90e-6);
}

TEST(Profile, ShowsTheSameAsATable) {
  Measured m;
  EXPECT_EQ(profileText(m.program, m.table, m.profile(), 2, &machine),
            "\n     us  share  GFLOP/s  %peak   GB/s  bound us       %bound  call\n"
            "  400.0  80.0%      2.5   2.5%    0.0      10.0 flops   2.5%  product (matmul, line 7) k_product\n"
            "  100.0  20.0%      0.0   0.0%   40.0      80.0 bytes  80.0%  map (matmul, line 7) k_map\n");
  std::string text = profileText(m.program, m.table, m.profile(), 2, nullptr);
  EXPECT_EQ(text.find('%'), text.find("80.0%") + 4) << "of a card no peak is known: " << text;
  EXPECT_FALSE(profileJson(m.program, m.table, m.profile(), 2, nullptr)[0].contains("bound_us"));
}
