// Functions about streams, events and launches.
#include "tests/ptx/mock/Driver.h"

#include <utility>

using namespace ptx::mock;

CUresult cuStreamCreate(CUstream *stream, unsigned flags) {
  return call(__func__, [&](Driver &driver) {
    require(flags <= CU_STREAM_NON_BLOCKING);
    out(stream) = driver.streams.create(!(flags & CU_STREAM_NON_BLOCKING));
  });
}
CUresult cuStreamDestroy_v2(CUstream stream) {
  return call(__func__, [&](Driver &driver) { driver.streams.destroy(stream); });
}
CUresult cuStreamSynchronize(CUstream stream) {
  return call(__func__, [&](Driver &driver) { driver.streams.finish(stream); });
}
CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  return call(__func__, [&](Driver &driver) { driver.streams.wait(stream, event); });
}

CUresult cuEventCreate(CUevent *event, unsigned flags) {
  return call(__func__,
              [&](Driver &driver) { out(event) = driver.streams.createEvent(!(flags & CU_EVENT_DISABLE_TIMING)); });
}
CUresult cuEventDestroy_v2(CUevent event) {
  return call(__func__, [&](Driver &driver) { driver.streams.destroyEvent(event); });
}
CUresult cuEventRecord(CUevent event, CUstream stream) {
  return call(__func__, [&](Driver &driver) { driver.streams.record(event, stream); });
}
CUresult cuEventSynchronize(CUevent event) {
  return call(__func__, [&](Driver &driver) { driver.streams.synchronize(event); });
}
CUresult cuEventQuery(CUevent event) {
  return call(__func__, [&](Driver &driver) { require(driver.streams.query(event), CUDA_ERROR_NOT_READY); });
}
CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  return call(__func__, [&](Driver &driver) { out(milliseconds) = driver.streams.milliseconds(start, end); });
}

CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                        unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream, void **parameters,
                        void **extra) {
  return call(__func__, [&](Driver &driver) {
    Function &f = *driver.functions.at(function);
    KernelWork work(f, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, parameters, extra);
    bool watched = !std::exchange(f.launched, true); // the first time; watching takes time
    driver.streams.add(stream, [&driver, work, watched] { runKernel(work, driver.memory, watched); });
  });
}
