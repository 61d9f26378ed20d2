// Tests what is known of the machine: limits of control groups as the kernel reports them, in folders that look like
// the kernel's, and the processor's features.
#include "runtime/base/Machine.h"
#include "runtime/base/Cgroups.h"
#include "runtime/base/Processor.h"
#include "runtime/base/Text.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

namespace ganrt {
namespace {

class Cgroups : public testing::Test {
protected:
  void SetUp() override { std::filesystem::remove_all(root); }
  void write(const std::string &path, const std::string &text) const {
    std::filesystem::create_directories((root + path).substr(0, (root + path).rfind('/')));
    std::ofstream(root + path) << text << '\n';
  }
  std::string root = BINARY_FOLDER "/test-work/cgroups";
};

TEST_F(Cgroups, WithoutThemThereIsNoLimit) {
  EXPECT_FALSE(ControlGroups(root).cores());
  EXPECT_FALSE(ControlGroups(root).memory());
}

TEST_F(Cgroups, Version2TakesTheTightestOfNestedGroups) {
  write("/proc/self/cgroup", "0::/user.slice/job.scope");
  write("/proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate");
  write("/sys/fs/cgroup/user.slice/cpu.max", "150000 100000");
  write("/sys/fs/cgroup/user.slice/job.scope/cpu.max", "max 100000");
  write("/sys/fs/cgroup/user.slice/memory.max", "max");
  write("/sys/fs/cgroup/user.slice/memory.high", "1000000");
  write("/sys/fs/cgroup/user.slice/job.scope/memory.max", "3000000");
  EXPECT_EQ(ControlGroups(root).cores(), 1.5);
  EXPECT_EQ(ControlGroups(root).memory(), 1000000u);
}

TEST_F(Cgroups, Version1HasAHierarchyForEachController) {
  write("/proc/self/cgroup", "4:memory:/docker/abc/inner\n3:cpu,cpuacct:/docker/abc\n0::/");
  // In a container its own group is the root of what is mounted.
  write("/proc/self/mountinfo", "30 23 0:26 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
                                "31 23 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  write("/sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "2000000");
  EXPECT_EQ(ControlGroups(root).cores(), 0.5);
  EXPECT_EQ(ControlGroups(root).memory(), 2000000u);
}

TEST_F(Cgroups, AQuotaOfMinusOneIsNone) {
  write("/proc/self/cgroup", "3:cpu:/");
  write("/proc/self/mountinfo", "30 23 0:26 / /cpu ro - cgroup cgroup rw,cpu");
  write("/cpu/cpu.cfs_quota_us", "-1");
  write("/cpu/cpu.cfs_period_us", "100000");
  EXPECT_FALSE(ControlGroups(root).cores());
}

TEST(Machine, FollowsTheAffinityMask) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); ++i)
    if (CPU_ISSET(i, &before))
      CPU_SET(i, &one);
  EXPECT_LE(usableCores(), CPU_COUNT(&before));
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usableCores(), 1);
  sched_setaffinity(0, sizeof before, &before);
}

TEST(Text, NothingIsLeftThatATerminalObeys) {
  EXPECT_EQ(printable("plain\n\tcaf\u00e9 \u2212 \U0001f600"), "plain\n\tcaf\u00e9 \u2212 \U0001f600");
  EXPECT_EQ(printable("\x1b[31mred\x7f\r\b"), "\\x1b[31mred\\x7f\\x0d\\x08");
  EXPECT_EQ(printable("\xc2\x9b[31m"), "\\xc2\\x9b[31m");
  EXPECT_EQ(printable("caf\xe9.png"), "caf\\xe9.png");
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
}

TEST(Processor, NamesTheFeaturesThatItLacks) {
  EXPECT_EQ(missingFeatures(""), "");
  EXPECT_EQ(missingFeatures("avx9 antigravity"), "avx9, antigravity");
}

TEST(Processor, OfLevelsThatItRunsEachLowerOneIsRunToo) {
  std::vector<bool> runs; // the best first
#define GAN_LEVEL(architecture, name, halide, features, lanes, registers)                                              \
  GAN_ON_##architecture(runs.push_back(missingFeatures(features).empty());)
#include "runtime/targets.def"
  EXPECT_TRUE(std::is_sorted(runs.begin(), runs.end()));
  EXPECT_TRUE(runs.back()) << "the lowest level needs nothing";
}

} // namespace
} // namespace ganrt
