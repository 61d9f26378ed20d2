// See Loaded.h.
#include "tests/ptx/mock/Loaded.h"

#include <cstdlib>
#include <dlfcn.h>

namespace ptx::mock::test {

Library::Library(Variables variables) : environment(std::move(variables)) {
  for (auto &[name, value] : environment)
    setenv(name.c_str(), value.c_str(), 1);
  handle = dlopen(BINARY_FOLDER "/tests/ptx/mock/libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw std::runtime_error(dlerror());
}

Library::~Library() {
  dlclose(handle);
  for (auto &[name, value] : environment)
    unsetenv(name.c_str());
}

void *Library::address(const char *name) {
  void *found = dlsym(handle, name);
  if (!found)
    throw std::runtime_error(dlerror());
  return found;
}

std::string kernels() {
  return R"(.version 8.0
.target sm_80
.address_size 64
.visible .entry fill(.param .u64 to, .param .f32 value)
.maxntid 256, 1, 1
{
  .reg .b32 %t, %v; .reg .b64 %to;
  ld.param.u64 %to, [to]; ld.param.f32 %v, [value];
  mov.u32 %t, %tid.x; mad.wide.u32 %to, %t, 4, %to;
  st.global.f32 [%to], %v;
  ret;
}
.visible .entry sum(.param .u64 to, .param .u64 a, .param .u64 b)
{
  .reg .b32 %t, %x, %y; .reg .b64 %to, %a, %b;
  ld.param.u64 %to, [to]; ld.param.u64 %a, [a]; ld.param.u64 %b, [b];
  mov.u32 %t, %tid.x;
  mad.wide.u32 %to, %t, 4, %to; mad.wide.u32 %a, %t, 4, %a; mad.wide.u32 %b, %t, 4, %b;
  ld.global.f32 %x, [%a]; ld.global.f32 %y, [%b];
  add.f32 %x, %x, %y;
  st.global.f32 [%to], %x;
  ret;
}
.visible .entry put(.param .u64 to, .param .u64 index, .param .u64 value)
{
  .reg .b32 %v, %i; .reg .b64 %to, %index, %value;
  ld.param.u64 %to, [to]; ld.param.u64 %index, [index]; ld.param.u64 %value, [value];
  ld.global.u32 %i, [%index]; ld.global.b32 %v, [%value];
  mad.wide.u32 %to, %i, 4, %to;
  st.global.b32 [%to], %v;
  ret;
}
)";
}

Card::Card(Variables variables) : Cuda(std::move(variables)) {
  CUcontext context = nullptr;
  EXPECT_EQ(cuInit(0), CUDA_SUCCESS);
  EXPECT_EQ(cuDevicePrimaryCtxRetain(&context, 0), CUDA_SUCCESS);
  EXPECT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
  EXPECT_EQ(cuModuleLoadDataEx(&module, kernels().c_str(), 0, nullptr, nullptr), CUDA_SUCCESS);
}

CUfunction Card::function(const char *name) {
  CUfunction result = nullptr;
  EXPECT_EQ(cuModuleGetFunction(&result, module, name), CUDA_SUCCESS) << name;
  return result;
}

CUdeviceptr Card::allocate(size_t words) {
  CUdeviceptr address = 0;
  EXPECT_EQ(cuMemAlloc_v2(&address, words * sizeof(float)), CUDA_SUCCESS);
  return address;
}

CUdeviceptr Card::of(const std::vector<float> &values) {
  CUdeviceptr address = allocate(values.size());
  EXPECT_EQ(cuMemcpyHtoD_v2(address, values.data(), values.size() * sizeof(float)), CUDA_SUCCESS);
  return address;
}

std::vector<float> Card::at(CUdeviceptr address, size_t count) {
  std::vector<float> values(count);
  EXPECT_EQ(cuMemcpyDtoH_v2(values.data(), address, count * sizeof(float)), CUDA_SUCCESS);
  return values;
}

CUresult Card::launch(const char *name, unsigned threads, std::vector<CUdeviceptr> arguments, CUstream stream) {
  std::vector<void *> places;
  for (CUdeviceptr &argument : arguments)
    places.push_back(&argument);
  return cuLaunchKernel(function(name), 1, 1, 1, threads, 1, 1, 0, stream, places.data(), nullptr);
}

} // namespace ptx::mock::test
