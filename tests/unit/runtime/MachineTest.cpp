// Tests what is known of the machine: limits of control groups as the kernel reports them, in folders that look like
// the kernel's, the processor's features, and what the system tells of this process.
#include "runtime/base/Machine.h"
#include "runtime/base/Cgroups.h"
#include "runtime/base/Processor.h"
#include "runtime/base/Text.h"
#include "runtime/commands/Command.h"
#include "tests/unit/runtime/TinyProgram.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <thread>
#include <time.h>
#include <unistd.h>

namespace ganrt {
namespace {

class Cgroups : public testing::Test {
protected:
  void SetUp() override { std::filesystem::remove_all(root); }
  void TearDown() override { std::filesystem::remove_all(root); }
  void write(const std::string &path, const std::string &text) const {
    std::filesystem::create_directories((root + path).substr(0, (root + path).rfind('/')));
    std::ofstream(root + path) << text << '\n';
  }
  std::string root =
      BINARY_FOLDER "/test-work/cgroups-" + std::to_string(getpid()); ///< other tests run beside this one
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

/// Seconds since the system started this process, by its own record, which counts in hundredths of a second.
double ageOfProcess() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2)); // the name before may hold anything
  std::string field;
  for (int i = 3; i <= 22; ++i) // fields are counted from 1, and the name is the second
    fields >> field;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9 - std::stod(field) / double(sysconf(_SC_CLK_TCK));
}

/// It is the time that a user waits, not that of the processor, and it runs from the start, not from the first
/// question.
TEST(Machine, TellsTheTimeSinceTheStart) {
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  double first = secondsSinceStart();
  EXPECT_GE(first, 0.3);
  EXPECT_LE(first, ageOfProcess() + 0.02) << "the process is no older";
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  EXPECT_GE(secondsSinceStart() - first, 0.06);
  const CommandEntry *all[] = {&benchEntry};
  std::unique_ptr<Command> bench = benchEntry.make();
  std::optional<Given> given =
      parseOptions("./tiny", benchEntry, *bench, {"--json", "--steps", "2", "--threads", "1"}, all);
  testing::internal::CaptureStdout();
  double before = secondsSinceStart();
  bench->run(test::tinyProgram(), *given);
  double after = secondsSinceStart(),
         told = Json::parse(testing::internal::GetCapturedStdout())["startup_ms"].get<double>() / 1000;
  EXPECT_TRUE(before < told && told < after) << told << " is not between " << before << " and " << after;
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
