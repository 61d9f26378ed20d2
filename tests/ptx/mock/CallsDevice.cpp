// Functions about devices, contexts and errors.
#include "tests/ptx/mock/Driver.h"

#include <cstdio>

using namespace ptx::mock;

CUresult cuGetErrorString(CUresult error, const char **text) {
  *text = errorText(error);
  return *text ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuGetErrorName(CUresult error, const char **name) {
  *name = errorName(error);
  return *name ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuInit(unsigned flags) {
  return call(
      __func__,
      [&](Driver &driver) {
        require(flags == 0);
        require(driver.settings.devices > 0, CUDA_ERROR_NO_DEVICE);
        driver.initialized = true;
      },
      Needs::Nothing);
}
CUresult cuDriverGetVersion(int *version) {
  return call(
      __func__, [&](Driver &driver) { out(version) = driver.settings.version; }, Needs::Nothing);
}
CUresult cuDeviceGetCount(int *count) {
  return call(
      __func__, [&](Driver &driver) { out(count) = driver.settings.devices; }, Needs::Initialized);
}
CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  return call(
      __func__, [&](Driver &driver) { driver.checkDevice(ordinal), out(device) = ordinal; }, Needs::Initialized);
}
CUresult cuDeviceGetName(char *name, int size, CUdevice device) {
  return call(
      __func__,
      [&](Driver &driver) {
        driver.checkDevice(device);
        std::snprintf(&out(name), size_t(size), "PTX machine");
      },
      Needs::Initialized);
}

CUresult cuDeviceGetAttribute(int *value, int attribute, CUdevice device) {
  auto valueOf = [](int number, int capability) {
    switch (number) {
    case 8: // MAX_SHARED_MEMORY_PER_BLOCK
      return usualShared;
    case 16: // MULTIPROCESSOR_COUNT
      return 132;
    case 75: // COMPUTE_CAPABILITY_MAJOR
      return capability / 10;
    case 76: // COMPUTE_CAPABILITY_MINOR
      return capability % 10;
    case 97: // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
      return mostShared(capability);
    default:
      return 0;
    }
  };
  return call(
      __func__,
      [&](Driver &driver) {
        driver.checkDevice(device);
        out(value) = valueOf(attribute, driver.settings.capability);
      },
      Needs::Initialized);
}
CUresult cuDeviceGetPCIBusId(char *id, int size, CUdevice device) {
  return call(
      __func__,
      [&](Driver &driver) {
        driver.checkDevice(device);
        std::snprintf(&out(id), size_t(size), "0000:%02x:00.0", 0x10 + device);
      },
      Needs::Initialized);
}
CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  return call(
      __func__, [&](Driver &driver) { driver.checkDevice(device), out(bytes) = driver.memory.total; },
      Needs::Initialized);
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  return call(
      __func__,
      [&](Driver &driver) {
        driver.checkDevice(device);
        int &count = driver.retained[size_t(device)];
        out(context) = reinterpret_cast<CUcontext>(&count);
        ++count;
      },
      Needs::Initialized);
}
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return call(
      __func__,
      [&](Driver &driver) {
        driver.checkDevice(device);
        int &count = driver.retained[size_t(device)];
        require(count > 0, CUDA_ERROR_INVALID_CONTEXT);
        --count;
      },
      Needs::Initialized);
}
CUresult cuCtxSetCurrent(CUcontext context) {
  return call(
      __func__,
      [&](Driver &driver) {
        driver.current.erase(std::this_thread::get_id());
        for (const int &count : driver.retained)
          if (context == reinterpret_cast<CUcontext>(const_cast<int *>(&count)) && count > 0)
            driver.current[std::this_thread::get_id()] = &count;
        require(!context || driver.current.count(std::this_thread::get_id()), CUDA_ERROR_INVALID_CONTEXT);
      },
      Needs::Initialized);
}
CUresult cuCtxSynchronize() {
  return call(__func__, [](Driver &driver) { driver.streams.finishAll(); });
}
