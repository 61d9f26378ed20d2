#include "runtime/device/Device.h"

#include <chrono>

namespace ganrt {

bool DeviceCalls::runTimed(uint32_t index, double &seconds) {
  auto start = std::chrono::steady_clock::now();
  bool fine = run(index);
  finish();
  seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return fine;
}

} // namespace ganrt
