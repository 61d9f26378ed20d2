// The driver of a process: everything that it holds, and what all of its functions do alike. Each one takes the only
// lock, is counted, fails if a test wants it to or if an earlier error broke the context, and makes numbers of errors.
#pragma once

#include "tests/ptx/mock/Graphs.h"
#include "tests/ptx/mock/Handles.h"
#include "tests/ptx/mock/PinnedMemory.h"
#include "tests/ptx/mock/Settings.h"
#include "tests/ptx/mock/Streams.h"

#include <mutex>
#include <thread>

namespace ptx::mock {

/// What has to be there before a function is called.
enum class Needs { Nothing, Initialized, Context };

class Driver {
public:
  /// Counts a call and refuses it where it has to be.
  void begin(const std::string &function, Needs needs);
  /// The number for the exception that is being handled.
  CUresult failed(const std::string &function);
  void writeCounts() const;
  /// From now on work goes on by itself, as on a card: what other processes do may wait for it.
  void runByItself();
  /// Counts a run of a kernel and fails, as if it had accessed what it must not, if a test wants it to fault.
  void beginKernel(const std::string &name);
  void checkDevice(CUdevice device) const {
    require(device >= 0 && device < settings.devices, CUDA_ERROR_INVALID_DEVICE);
  }

  const Settings settings = Settings::ofEnvironment();
  bool initialized = false;
  std::vector<int> retained = std::vector<int>(size_t(settings.devices)); ///< of each device's context, how often
  std::map<std::thread::id, const int *> current;                         ///< context of each thread: one of `retained`

  DeviceMemory memory{settings.memory};
  PinnedMemory pinned;
  Streams streams;
  Handles<Program, CUmodule> programs;
  Handles<Function, CUfunction> functions;
  Handles<Link, CUlinkState> links;
  Handles<Graph, CUgraph> graphs;
  Handles<Executable, CUgraphExec> executables;

private:
  std::map<std::string, long> counts;
  CUresult broken = CUDA_SUCCESS; ///< the first sticky error
  long faultRuns = 0;             ///< how often the kernel ran that a test wants to fault
};

/// All that a process has of the mock. The first call makes the driver. It goes when the process ends or unloads the
/// library; calls may still come then, from destructors of others, and fail.
struct Process {
  std::mutex mutex;
  Driver *driver = nullptr;
  bool ended = false;
  std::thread *progress = nullptr; ///< runs work by itself
  Driver &running();
};
extern Process process;

/// A function of the driver: `body(driver)` throws what goes wrong.
template <class F> CUresult call(const char *function, F body, Needs needs = Needs::Context) {
  std::lock_guard lock(process.mutex);
  if (process.ended)
    return CUDA_ERROR_DEINITIALIZED;
  Driver &driver = process.running();
  try {
    driver.begin(function, needs);
    body(driver);
    return CUDA_SUCCESS;
  } catch (...) {
    return driver.failed(function);
  }
}

} // namespace ptx::mock
