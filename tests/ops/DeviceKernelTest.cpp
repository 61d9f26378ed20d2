// Compares the GPU's kernel of every operation, under several schedules, with the naive reference.
#include "compiler/codegen/device/CompileDevice.h"
#include "compiler/codegen/schedules/gpu/Gpu.h"
#include "compiler/tuning/ScheduleSpace.h"
#include "tests/device/DeviceRun.h"
#include "tests/ops/KernelCase.h"

#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <set>

namespace gan::test {
namespace {

/// Schedules to try, as texts: tiles that fit the odd sizes of the cases and tiles that do not.
std::vector<std::string> schedulesFor(Anchor anchor) {
  switch (anchor) {
  case Anchor::Reduction:
    return {"v2 gpu_reduction blocks=3 lanes=4 results=8", "v2 gpu_reduction blocks=1 lanes=64 results=2"};
  case Anchor::Contraction:
  case Anchor::Convolution:
    return {"v2 gpu_product rows=1 columns=4 depth=3 row_threads=2 column_threads=5 parts=1 stages=1 wide=0",
            "v2 gpu_product rows=3 columns=2 depth=5 row_threads=4 column_threads=4 parts=3 stages=1 wide=0",
            "v2 gpu_product rows=2 columns=3 depth=3 row_threads=3 column_threads=2 parts=2 stages=2 wide=0",
            "v2 gpu_product rows=4 columns=1 depth=2 row_threads=2 column_threads=4 parts=1 stages=2 wide=0"};
  default:
    return {"v2 gpu_map vec=4 threads=64"};
  }
}

/// Products whose operands lie in groups of four, and tiles and chunks that do not fit their sizes.
std::vector<OpCase> wideCases() {
  const std::string window = "{stride = array<i64: 2, 1>, pad = array<i64: 1, 0>}",
                    groups = "{stride = array<i64: 2, 1>, pad = array<i64: 1, 0>, groups = 2 : i64}";
  const std::vector<int64_t> image{2, 5, 7, 4}, weight{4, 3, 4, 12}, result{2, 2, 5, 12}, wide{2, 5, 7, 8};
  return {{"matmul", "", {{12, 20}, {20, 28}}, {12, 28}},
          {"matmul", "{transpose_lhs}", {{20, 12}, {20, 28}}, {12, 28}},
          {"matmul", "{transpose_rhs}", {{12, 20}, {28, 20}}, {12, 28}},
          {"conv", window, {image, weight}, result},
          {"conv_input_grad", window, {result, weight}, image},
          {"conv_weight_grad", window, {image, result}, weight},
          {"conv", groups, {wide, {4, 3, 4, 24}}, {2, 2, 5, 24}},
          {"conv_input_grad", groups, {{2, 2, 5, 24}, {4, 3, 4, 24}}, wide}};
}

class DeviceKernel : public testing::TestWithParam<OpCase> {};

TEST_P(DeviceKernel, AgreesWithReferenceUnderEverySchedule) {
  KernelCase c(GetParam());
  std::vector<std::string> schedules = schedulesFor(anchorOf(c.kernel()));
  schedules.push_back(printSchedule(gpu::defaultSchedule(c.kernel(), gpu::Card())));
  for (size_t s = 0; s < schedules.size(); ++s) {
    // The PTX machine sees more, and PoCL takes long to compile: one schedule in four is run on it, which one differs
    // from case to case.
    const DeviceWay &way = deviceWays[(s + c.results()) % 4 ? 0 : 1];
    SCOPED_TRACE(schedules[s] + ", " + way.name);
    std::vector<std::vector<float>> memory = c.memory();
    DeviceMemory arguments = argumentsOf(memory);
    std::string error;
    std::optional<Schedule> schedule = parseSchedule(schedules[s], error);
    ASSERT_TRUE(schedule) << error;
    std::vector<DeviceCode> codes;
    ASSERT_TRUE(compileDeviceKernels({{c.signature(), *schedule}}, way.api, "sm_80", codes, error)) << error;
    way.run(codes.front(), arguments);
    c.expectResult(memory.back());
  }
}

/// CUDA allows 65535 blocks along y; there are more results than that outside of the innermost dimension.
TEST(DeviceKernels, ManyBlocksGoAlongX) {
  KernelCase c({"reduce_sum", "{dims = array<i64: 2>}", {{65540, 2, 3}}, {65540, 2}});
  std::vector<std::vector<float>> memory = c.memory();
  DeviceMemory arguments = argumentsOf(memory);
  std::string error;
  std::vector<DeviceCode> codes;
  ASSERT_TRUE(
      compileDeviceKernels({{c.signature(), *parseSchedule("v2 gpu_reduction blocks=1 lanes=2 results=2", error)}},
                           DeviceApi::Cuda, "sm_80", codes, error))
      << error;
  runOnPtxMachine(codes.front(), arguments);
  c.expectResult(memory.back());
}

class WideProduct : public testing::TestWithParam<OpCase> {};

TEST_P(WideProduct, AgreesWithReference) {
  KernelCase c(GetParam());
  for (const char *text :
       {"v2 gpu_product rows=4 columns=4 depth=8 row_threads=2 column_threads=4 parts=1 stages=1 wide=1",
        "v2 gpu_product rows=2 columns=4 depth=4 row_threads=4 column_threads=4 parts=2 stages=1 wide=1",
        "v2 gpu_product rows=4 columns=4 depth=4 row_threads=2 column_threads=4 parts=1 stages=2 wide=1"}) {
    SCOPED_TRACE(text);
    std::vector<std::vector<float>> memory = c.memory();
    DeviceMemory arguments = argumentsOf(memory);
    std::string error;
    std::vector<DeviceCode> codes;
    ASSERT_TRUE(
        compileDeviceKernels({{c.signature(), *parseSchedule(text, error)}}, DeviceApi::Cuda, "sm_80", codes, error))
        << error;
    const std::string &ptx = codes.front().text;
    auto has = [&](const char *load) { return ptx.find(load) != std::string::npos; };
    EXPECT_TRUE(has("ld.global.nc.v4.b32") || has("ld.global.nc.v2.b64")) << ptx;
    runOnPtxMachine(codes.front(), arguments);
    c.expectResult(memory.back());
  }
}

/// Every point of the space that tuning searches computes the same function: some, drawn at random, on odd sizes.
TEST(DeviceKernels, SchedulesOfTheSpaceAgreeWithReference) {
  std::mt19937 random(11);
  const std::pair<OpCase, Workload> kernels[] = {
      {{"matmul", "", {{37, 45}, {45, 50}}, {37, 50}},
       {"gpu_product", {{"batches", 1}, {"m", 37}, {"n", 50}, {"k", 45}, {"flops", 166500}, {"bytes", 24000}}}},
      {{"conv_weight_grad",
        "{stride = array<i64: 2, 1>, pad = array<i64: 1, 0>}",
        {{2, 5, 7, 4}, {2, 2, 5, 12}},
        {4, 3, 4, 12}},
       {"gpu_product", {{"batches", 1}, {"m", 48}, {"n", 12}, {"k", 20}, {"flops", 23040}, {"bytes", 5000}}}},
      {{"reduce_sum", "{dims = array<i64: 0>}", {{43, 35}}, {35}},
       {"gpu_reduction", {{"reduced", 43}, {"kept", 35}, {"along", 0}, {"flops", 1505}, {"bytes", 6160}}}}};
  for (const auto &[test, workload] : kernels) {
    KernelCase c(test);
    Schedule base = gpu::defaultSchedule(c.kernel(), gpu::Card());
    std::vector<Schedule> all = ScheduleSpace(workload, base, Machine()).all();
    ASSERT_GE(all.size(), 20u);
    for (int tries = 0, ran = 0; ran < 6; ++tries) {
      ASSERT_LT(tries, 30) << "most of the space is refused";
      const Schedule &schedule = all[random() % all.size()];
      SCOPED_TRACE(printSchedule(schedule));
      std::vector<std::vector<float>> memory = c.memory();
      DeviceMemory arguments = argumentsOf(memory);
      std::string error;
      std::vector<DeviceCode> codes;
      if (!compileDeviceKernels({{c.signature(), schedule}}, DeviceApi::Cuda, "sm_80", codes, error))
        continue; // as tuning goes on with the next one
      runOnPtxMachine(codes.front(), arguments);
      c.expectResult(memory.back());
      ++ran;
    }
  }
}

/// Where the next chunk is copied while one is computed with, the results are the same bytes, with one barrier a chunk
/// instead of two.
TEST(DeviceKernels, StagesChangeNoByte) {
  KernelCase c({"matmul", "", {{70, 50}, {50, 40}}, {70, 40}});
  std::vector<float> results[2];
  uint64_t barriers[2];
  for (int stages : {1, 2}) {
    std::string error, text = "v2 gpu_product rows=4 columns=4 depth=5 row_threads=4 column_threads=4 parts=1 stages=" +
                              std::to_string(stages) + " wide=0";
    std::vector<std::vector<float>> memory = c.memory();
    DeviceMemory arguments = argumentsOf(memory);
    std::vector<DeviceCode> codes;
    ASSERT_TRUE(
        compileDeviceKernels({{c.signature(), *parseSchedule(text, error)}}, DeviceApi::Cuda, "sm_80", codes, error))
        << error;
    barriers[stages - 1] = runOnPtxMachine(codes.front(), arguments).front().barriers;
    results[stages - 1] = memory.back();
  }
  EXPECT_EQ(results[0], results[1]);
  constexpr uint64_t blocks = 5 * 3, chunks = 10;
  EXPECT_EQ(barriers[0] - barriers[1], blocks * (chunks - 1)); // the first chunk is waited for by itself
}

/// Kernels that are compiled together are those that are compiled alone, to the byte.
TEST(DeviceKernels, AreTheSameAloneAndTogether) {
  std::vector<ScheduledKernel> kernels;
  std::vector<OpCase> cases = opCases();
  for (size_t i = 0; i < cases.size(); i += 7) {
    KernelCase c(cases[i]);
    kernels.push_back({c.signature(), gpu::defaultSchedule(c.kernel(), gpu::Card())});
  }
  std::vector<DeviceCode> together, alone;
  std::string error;
  ASSERT_TRUE(compileDeviceKernels(kernels, DeviceApi::Cuda, "sm_80", together, error)) << error;
  ASSERT_EQ(together.size(), kernels.size());
  std::set<std::string> functions;
  for (size_t i = 0; i < kernels.size(); ++i) {
    ASSERT_TRUE(compileDeviceKernels({kernels[i]}, DeviceApi::Cuda, "sm_80", alone, error)) << error;
    EXPECT_EQ(packDeviceCode(together[i]), packDeviceCode(alone.front())) << kernels[i].moduleText;
    for (const DeviceLaunch &launch : together[i].launches)
      EXPECT_TRUE(functions.insert(launch.function).second) << launch.function << " is there twice";
    EXPECT_EQ(packDeviceCode(unpackDeviceCode(packDeviceCode(together[i]))), packDeviceCode(together[i]));
  }
  EXPECT_GT(kernels.size(), 8u);
}

INSTANTIATE_TEST_SUITE_P(Ops, WideProduct, testing::ValuesIn(wideCases()), caseName);
INSTANTIATE_TEST_SUITE_P(Ops, DeviceKernel, testing::ValuesIn(opCases()), caseName);

} // namespace
} // namespace gan::test
