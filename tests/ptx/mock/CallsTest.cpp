// What single functions give and refuse.
#include "tests/ptx/mock/Loaded.h"

#include <cmath>
#include <cstring>

namespace ptx::mock::test {
namespace {

using Floats = std::vector<float>;

TEST(MockCalls, Devices) {
  Cuda cuda;
  int value = 0;
  EXPECT_EQ(cuda.cuDriverGetVersion(&value), 0);
  EXPECT_EQ(value, 12080);
  EXPECT_EQ(cuda.cuDeviceGetCount(&value), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(cuda.cuInit(0), 0);
  EXPECT_EQ(cuda.cuDeviceGetCount(&value), 0);
  EXPECT_EQ(value, 1);
  CUdevice device = -1;
  EXPECT_EQ(cuda.cuDeviceGet(&device, 1), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(cuda.cuDeviceGet(&device, 0), 0);
  for (auto [attribute, expected] : {std::pair{75, 9}, {76, 0}, {16, 132}, {97, 232448}, {8, 49152}, {5, 0}}) {
    EXPECT_EQ(cuda.cuDeviceGetAttribute(&value, attribute, device), 0);
    EXPECT_EQ(value, expected);
  }
  char name[8];
  EXPECT_EQ(cuda.cuDeviceGetName(name, sizeof(name), device), 0);
  EXPECT_STREQ(name, "PTX mac");
  size_t bytes = 0;
  EXPECT_EQ(cuda.cuDeviceTotalMem_v2(&bytes, device), 0);
  EXPECT_EQ(bytes, size_t(2) << 30);
}

TEST(MockCalls, Contexts) {
  Cuda cuda;
  CUcontext context = nullptr;
  CUdeviceptr address = 0;
  EXPECT_EQ(cuda.cuInit(0), 0);
  EXPECT_EQ(cuda.cuMemAlloc_v2(&address, 4), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuda.cuDevicePrimaryCtxRetain(&context, 0), 0);
  EXPECT_EQ(cuda.cuMemAlloc_v2(&address, 4), CUDA_ERROR_INVALID_CONTEXT); // retained is not current
  EXPECT_EQ(cuda.cuCtxSetCurrent(context), 0);
  EXPECT_EQ(cuda.cuMemAlloc_v2(&address, 4), 0);
  EXPECT_EQ(cuda.cuDevicePrimaryCtxRelease_v2(0), 0);
  EXPECT_EQ(cuda.cuMemFree_v2(address), CUDA_ERROR_CONTEXT_IS_DESTROYED);
  EXPECT_EQ(cuda.cuDevicePrimaryCtxRelease_v2(0), CUDA_ERROR_INVALID_CONTEXT);
}

TEST(MockCalls, ErrorsHaveNamesAndTexts) {
  Cuda cuda;
  const char *text = nullptr;
  EXPECT_EQ(cuda.cuGetErrorName(700, &text), 0);
  EXPECT_STREQ(text, "CUDA_ERROR_ILLEGAL_ADDRESS");
  EXPECT_EQ(cuda.cuGetErrorString(700, &text), 0);
  EXPECT_STREQ(text, "an illegal memory access was encountered");
  EXPECT_EQ(cuda.cuGetErrorString(12345, &text), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(text, nullptr);
}

TEST(MockCalls, ModulesThatAreRefused) {
  Card card;
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  EXPECT_EQ(card.cuModuleLoadDataEx(&module,
                                    "\x7f"
                                    "ELF\2\1\1",
                                    0, nullptr, nullptr),
            209);
  char log[100] = "?";
  int options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log))};
  std::string wrong = kernels();
  wrong.replace(wrong.find("ld.param.u64"), 12, "ld.param.u65");
  EXPECT_EQ(card.cuModuleLoadDataEx(&module, wrong.c_str(), 2, options, values), CUDA_ERROR_INVALID_PTX);
  EXPECT_STREQ(log, "line 8: unknown modifier '.u65' in 'ld.param.u65'");
  std::string newer = kernels();
  newer.replace(newer.find("sm_80"), 5, "sm_100");
  EXPECT_EQ(card.cuModuleLoadDataEx(&module, newer.c_str(), 0, nullptr, nullptr), CUDA_ERROR_INVALID_PTX);
  EXPECT_EQ(card.cuModuleGetFunction(&function, card.module, "other"), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(card.cuModuleUnload(card.module), 0);
  EXPECT_EQ(card.cuModuleGetFunction(&function, card.module, "fill"), CUDA_ERROR_INVALID_HANDLE);
}

TEST(MockCalls, LinkedImagesAreModules) {
  Card card;
  CUlinkState state = nullptr;
  std::string text = kernels();
  void *image = nullptr;
  size_t size = 0;
  EXPECT_EQ(card.cuLinkCreate_v2(0, nullptr, nullptr, &state), 0);
  EXPECT_EQ(card.cuLinkAddData_v2(state, CU_JIT_INPUT_PTX, text.data(), text.size() + 1, "text", 0, nullptr, nullptr),
            0);
  EXPECT_EQ(card.cuLinkComplete(state, &image, &size), 0);
  std::vector<char> kept(static_cast<char *>(image), static_cast<char *>(image) + size);
  EXPECT_EQ(card.cuLinkDestroy(state), 0);
  EXPECT_EQ(card.cuModuleLoadDataEx(&card.module, kept.data(), 0, nullptr, nullptr), 0);
  CUdeviceptr a = card.of({1, 2}), b = card.of({3, 5});
  EXPECT_EQ(card.launch("sum", 2, {a, a, b}), 0);
  EXPECT_EQ(card.at(a, 2), (Floats{4, 7}));
}

TEST(MockCalls, LaunchesThatDoNotFit) {
  Card card;
  CUdeviceptr a = card.of(Floats(2000));
  float value = 3;
  void *parameters[] = {&a, &value};
  auto fill = [&](unsigned grid, unsigned block, unsigned shared) {
    return card.cuLaunchKernel(card.function("fill"), grid, 1, 1, block, 1, 1, shared, nullptr, parameters, nullptr);
  };
  EXPECT_EQ(fill(1, 64, 0), 0);
  EXPECT_EQ(fill(1, 256, 0), 0);
  EXPECT_EQ(fill(1, 257, 0), CUDA_ERROR_INVALID_VALUE); // .maxntid
  EXPECT_EQ(fill(0, 64, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(fill(1, 64, 49153), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(card.cuFuncSetAttribute(card.function("fill"), 8, 232449), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(card.cuFuncSetAttribute(card.function("fill"), 8, 100000), 0);
  EXPECT_EQ(fill(1, 64, 100000), 0);
  EXPECT_EQ(card.launch("sum", 1025, {a, a, a}), CUDA_ERROR_INVALID_VALUE);
  int most = 0;
  EXPECT_EQ(card.cuFuncGetAttribute(&most, 0, card.function("fill")), 0);
  EXPECT_EQ(most, 256);
}

TEST(MockCalls, CopiesStayWithinOneAllocation) {
  Card card;
  CUdeviceptr a = card.of({1, 2, 3, 4}), b = card.allocate(4);
  float words[8];
  EXPECT_EQ(a % 256, 0u);
  EXPECT_EQ(card.cuMemcpyDtoH_v2(words, a, 17), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(card.cuMemcpyHtoD_v2(a + 8, words, 12), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(card.cuMemsetD8_v2(a - 1, 0, 2), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(card.cuMemcpyDtoD_v2(b, a, 20), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(card.cuMemcpyDtoD_v2(b + 4, a, 12), 0);
  Floats copied = card.at(b, 4); // the first one was never written, and copies to the host may read it
  EXPECT_TRUE(std::isnan(copied[0]));
  EXPECT_EQ(copied[3], 3);
  EXPECT_EQ(card.cuMemsetD8_v2(b, 0, 16), 0);
  EXPECT_EQ(card.at(b, 4), Floats(4, 0));
  EXPECT_EQ(card.cuMemFree_v2(b + 4), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(card.cuMemFree_v2(b), 0);
  EXPECT_EQ(card.cuMemFree_v2(b), CUDA_ERROR_INVALID_VALUE);
}

TEST(MockCalls, FaultsStay) {
  Card card;
  CUdeviceptr a = card.of({1, 2}), b = card.allocate(2);
  EXPECT_EQ(card.launch("sum", 2, {a, a, b}), 0); // reads what nothing wrote; nobody has noticed yet
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(card.cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
  std::string told = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(told.find("mock libcuda: cuCtxSynchronize: sum, line "), 0u) << told;
  EXPECT_NE(told.find("reads global memory that nothing wrote"), std::string::npos) << told;
  EXPECT_EQ(card.cuMemFree_v2(a), CUDA_ERROR_ILLEGAL_ADDRESS);
  int version = 0;
  EXPECT_EQ(card.cuDriverGetVersion(&version), CUDA_ERROR_ILLEGAL_ADDRESS);
}

} // namespace
} // namespace ptx::mock::test
