// For tests: the mock as a program finds it, loaded at run time. Each test gets a fresh one, with its environment.
#pragma once

#include "tests/ptx/mock/Cuda.h"

#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace ptx::mock::test {

using Variables = std::map<std::string, std::string>; ///< of the environment

class Library {
public:
  explicit Library(Variables environment);
  ~Library();
  Library(const Library &) = delete;

protected:
  template <class F> F find(const char *name) { return reinterpret_cast<F>(address(name)); }

private:
  void *address(const char *name);
  Variables environment;
  void *handle;
};

/// The functions that tests call, under their names.
struct Cuda : Library {
  explicit Cuda(Variables variables = {}) : Library(std::move(variables)) {}

#define GANC_FUNCTION(name) decltype(&::name) name = find<decltype(&::name)>(#name)
  GANC_FUNCTION(cuGetErrorString);
  GANC_FUNCTION(cuGetErrorName);
  GANC_FUNCTION(cuInit);
  GANC_FUNCTION(cuDriverGetVersion);
  GANC_FUNCTION(cuDeviceGetCount);
  GANC_FUNCTION(cuDeviceGet);
  GANC_FUNCTION(cuDeviceGetName);
  GANC_FUNCTION(cuDeviceGetAttribute);
  GANC_FUNCTION(cuDeviceTotalMem_v2);
  GANC_FUNCTION(cuDevicePrimaryCtxRetain);
  GANC_FUNCTION(cuDevicePrimaryCtxRelease_v2);
  GANC_FUNCTION(cuCtxSetCurrent);
  GANC_FUNCTION(cuCtxSynchronize);
  GANC_FUNCTION(cuModuleLoadDataEx);
  GANC_FUNCTION(cuModuleUnload);
  GANC_FUNCTION(cuModuleGetFunction);
  GANC_FUNCTION(cuFuncGetAttribute);
  GANC_FUNCTION(cuFuncSetAttribute);
  GANC_FUNCTION(cuLinkCreate_v2);
  GANC_FUNCTION(cuLinkAddData_v2);
  GANC_FUNCTION(cuLinkComplete);
  GANC_FUNCTION(cuLinkDestroy);
  GANC_FUNCTION(cuMemGetInfo_v2);
  GANC_FUNCTION(cuMemGetAddressRange_v2);
  GANC_FUNCTION(cuMemAlloc_v2);
  GANC_FUNCTION(cuMemFree_v2);
  GANC_FUNCTION(cuMemHostAlloc);
  GANC_FUNCTION(cuMemFreeHost);
  GANC_FUNCTION(cuMemcpyHtoD_v2);
  GANC_FUNCTION(cuMemcpyDtoH_v2);
  GANC_FUNCTION(cuMemcpyDtoD_v2);
  GANC_FUNCTION(cuMemcpyHtoDAsync_v2);
  GANC_FUNCTION(cuMemcpyDtoHAsync_v2);
  GANC_FUNCTION(cuMemcpyDtoDAsync_v2);
  GANC_FUNCTION(cuMemsetD8_v2);
  GANC_FUNCTION(cuMemsetD8Async);
  GANC_FUNCTION(cuStreamCreate);
  GANC_FUNCTION(cuStreamDestroy_v2);
  GANC_FUNCTION(cuStreamSynchronize);
  GANC_FUNCTION(cuStreamWaitEvent);
  GANC_FUNCTION(cuStreamBeginCapture_v2);
  GANC_FUNCTION(cuStreamEndCapture);
  GANC_FUNCTION(cuMockAdd);
  GANC_FUNCTION(cuEventCreate);
  GANC_FUNCTION(cuEventDestroy_v2);
  GANC_FUNCTION(cuEventRecord);
  GANC_FUNCTION(cuEventSynchronize);
  GANC_FUNCTION(cuEventQuery);
  GANC_FUNCTION(cuEventElapsedTime);
  GANC_FUNCTION(cuLaunchKernel);
  GANC_FUNCTION(cuGraphCreate);
  GANC_FUNCTION(cuGraphDestroy);
  GANC_FUNCTION(cuGraphAddKernelNode_v2);
  GANC_FUNCTION(cuGraphAddMemcpyNode);
  GANC_FUNCTION(cuGraphAddEventRecordNode);
  GANC_FUNCTION(cuGraphAddChildGraphNode);
  GANC_FUNCTION(cuGraphInstantiateWithFlags);
  GANC_FUNCTION(cuGraphLaunch);
  GANC_FUNCTION(cuGraphExecDestroy);
#undef GANC_FUNCTION
};

/// Kernels on words of 32 bits, for one block: fill(to, value) and sum(to, a, b) of floats, a thread each; and
/// put(to, index, value), which does to[index[0]] = value[0].
std::string kernels();

/// The mock with a context and the kernels above.
struct Card : Cuda {
  explicit Card(Variables variables = {});
  CUfunction function(const char *name);
  CUdeviceptr allocate(size_t words);
  CUdeviceptr of(const std::vector<float> &values);
  std::vector<float> at(CUdeviceptr address, size_t count);
  CUresult launch(const char *name, unsigned threads, std::vector<CUdeviceptr> arguments, CUstream stream = nullptr);
  CUmodule module = nullptr;
};

} // namespace ptx::mock::test
