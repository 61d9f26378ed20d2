// Functions about memory. A copy's range is checked when it is asked for; its bytes are moved when its turn comes.
#include "tests/ptx/mock/Driver.h"

using namespace ptx::mock;

CUresult cuMemGetInfo_v2(size_t *free, size_t *total) {
  return call(__func__, [&](Driver &driver) {
    out(free) = driver.memory.total - driver.memory.allocated();
    out(total) = driver.memory.total;
  });
}
CUresult cuMemGetAddressRange_v2(CUdeviceptr *base, size_t *size, CUdeviceptr address) {
  return call(__func__, [&](Driver &driver) {
    auto [begin, bytes] = driver.memory.allocationOf(address);
    if (base)
      *base = begin;
    if (size)
      *size = bytes;
  });
}
CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  return call(__func__, [&](Driver &driver) { out(address) = driver.memory.allocate(bytes); });
}
CUresult cuMemFree_v2(CUdeviceptr address) {
  return call(__func__, [&](Driver &driver) {
    driver.streams.finishAll();
    if (address)
      driver.memory.free(address);
  });
}
CUresult cuMemHostAlloc(void **memory, size_t bytes, unsigned) {
  return call(__func__, [&](Driver &driver) { out(memory) = driver.pinned.allocate(bytes); });
}
CUresult cuMemFreeHost(void *memory) {
  return call(__func__, [&](Driver &driver) {
    driver.streams.finishAll();
    driver.pinned.free(memory);
  });
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
  return call(__func__, [&](Driver &driver) {
    driver.memory.check(to, bytes);
    driver.streams.finishBlocking();
    driver.memory.fromHost(to, from, bytes);
  });
}
CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
  return call(__func__, [&](Driver &driver) {
    driver.memory.check(from, bytes);
    driver.streams.finishBlocking();
    driver.memory.toHost(to, from, bytes);
  });
}
CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return call(__func__, [&](Driver &driver) {
    driver.memory.check(to, bytes);
    driver.memory.check(from, bytes);
    driver.streams.finishBlocking();
    driver.memory.copy(to, from, bytes);
  });
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
  return call(__func__, [&](Driver &driver) {
    driver.memory.check(to, bytes);
    if (driver.pinned.holds(from))
      return driver.streams.add(stream, [=, &driver] { driver.memory.fromHost(to, from, bytes); });
    // Memory of others is read by the call itself, into a buffer of the driver.
    auto begin = static_cast<const uint8_t *>(from);
    driver.streams.add(stream, [=, &driver, staged = std::vector<uint8_t>(begin, begin + bytes)] {
      driver.memory.fromHost(to, staged.data(), bytes);
    });
  });
}
CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return call(__func__, [&](Driver &driver) {
    driver.memory.check(from, bytes);
    driver.streams.add(stream, [=, &driver] { driver.memory.toHost(to, from, bytes); });
    if (!driver.pinned.holds(to)) // memory of others is written before the call returns
      driver.streams.finish(stream);
  });
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return call(__func__, [&](Driver &driver) {
    driver.memory.check(to, bytes);
    driver.memory.check(from, bytes);
    driver.streams.add(stream, [=, &driver] { driver.memory.copy(to, from, bytes); });
  });
}
CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t bytes) {
  return call(__func__, [&](Driver &driver) {
    driver.memory.check(to, bytes);
    driver.streams.finishBlocking();
    driver.memory.set(to, value, bytes);
  });
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream stream) {
  return call(__func__, [&](Driver &driver) {
    driver.memory.check(to, bytes);
    driver.streams.add(stream, [=, &driver] { driver.memory.set(to, value, bytes); });
  });
}
