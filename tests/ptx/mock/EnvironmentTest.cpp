// What tests tell the mock through variables.
#include "tests/ptx/mock/Loaded.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace ptx::mock::test {
namespace {

TEST(MockEnvironment, NoDevice) {
  Cuda cuda(Variables{{"GANC_MOCK_DEVICES", "0"}});
  EXPECT_EQ(cuda.cuInit(0), CUDA_ERROR_NO_DEVICE);
}

TEST(MockEnvironment, AnotherCard) {
  Card card(Variables{{"GANC_MOCK_DEVICES", "2"}, {"GANC_MOCK_VERSION", "11080"}, {"GANC_MOCK_CAPABILITY", "80"}});
  int value = 0;
  EXPECT_EQ(card.cuDeviceGetCount(&value), 0);
  EXPECT_EQ(value, 2);
  EXPECT_EQ(card.cuDriverGetVersion(&value), 0);
  EXPECT_EQ(value, 11080);
  EXPECT_EQ(card.cuDeviceGetAttribute(&value, 75, 1), 0);
  EXPECT_EQ(value, 8);
  EXPECT_EQ(card.cuDeviceGetAttribute(&value, 97, 1), 0);
  EXPECT_EQ(value, 166912);
}

TEST(MockEnvironment, LittleMemory) {
  Card card(Variables{{"GANC_MOCK_MEMORY", "1000"}});
  CUdeviceptr a = card.allocate(200), b = 0;
  size_t free = 0, total = 0;
  EXPECT_EQ(card.cuMemAlloc_v2(&b, 201), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(card.cuMemGetInfo_v2(&free, &total), 0);
  EXPECT_EQ(free, 200u);
  EXPECT_EQ(total, 1000u);
  EXPECT_EQ(card.cuMemFree_v2(a), 0);
  EXPECT_EQ(card.cuMemAlloc_v2(&b, 1000), 0);
}

TEST(MockEnvironment, CallsFailWhenTheyShall) {
  Card card(Variables{{"GANC_MOCK_FAIL", "cuMemAlloc_v2:2:2"}});
  CUdeviceptr address = 0;
  EXPECT_EQ(card.cuMemAlloc_v2(&address, 4), 0);
  EXPECT_EQ(card.cuMemAlloc_v2(&address, 4), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(card.cuMemAlloc_v2(&address, 4), 0);
}

TEST(MockEnvironment, FailuresThatBreakTheContextStay) {
  Card card(Variables{{"GANC_MOCK_FAIL", "cuCtxSynchronize:1:719"}});
  EXPECT_EQ(card.cuCtxSynchronize(), 719);
  EXPECT_EQ(card.cuCtxSynchronize(), 719);
}

TEST(MockEnvironment, KernelsFaultWhenTheyShall) {
  Card card(Variables{{"GANC_MOCK_FAULT", "sum:2"}});
  CUdeviceptr a = card.of({1, 2}), to = card.allocate(2);
  EXPECT_EQ(card.launch("sum", 2, {to, a, a}), 0);
  EXPECT_EQ(card.cuCtxSynchronize(), 0);
  EXPECT_EQ(card.launch("sum", 2, {to, a, a}), 0); // it only runs when something waits for it
  EXPECT_EQ(card.cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_EQ(card.cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST(MockEnvironment, MisprintsAreNotIgnored) {
  EXPECT_EXIT(Card(Variables{{"GANC_MOCK_FAIL", "cuMemAlloc_v2"}}), ::testing::ExitedWithCode(2),
              "mock libcuda: GANC_MOCK_FAIL=cuMemAlloc_v2 makes no sense");
  EXPECT_EXIT(Card(Variables{{"GANC_MOCK_MEMORY", "2G"}}), ::testing::ExitedWithCode(2),
              "GANC_MOCK_MEMORY=2G makes no sense");
}

TEST(MockEnvironment, Counts) {
  std::string path = ::testing::TempDir() + "/mock_counts.json";
  {
    Card card(Variables{{"GANC_MOCK_COUNTS", path}});
    CUdeviceptr a = card.allocate(10);
    card.allocate(5);
    EXPECT_EQ(card.cuMemFree_v2(a), 0);
    card.allocate(1);
  }
  std::ifstream file(path);
  nlohmann::json counts = nlohmann::json::parse(file);
  EXPECT_EQ(counts["cuMemAlloc_v2"], 3);
  EXPECT_EQ(counts["cuMemFree_v2"], 1);
  EXPECT_EQ(counts["cuInit"], 1);
  EXPECT_EQ(counts.count("cuLaunchKernel"), 0u);
  EXPECT_EQ(counts["allocated_bytes_peak"], 60);
}

} // namespace
} // namespace ptx::mock::test
