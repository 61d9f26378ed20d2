// What all functions do alike.
#include "tests/ptx/mock/Driver.h"

#include <cstdio>

namespace ptx::mock {

constinit Process process;

Driver &Process::running() {
  if (driver)
    return *driver;
  driver = new Driver();
  std::atexit([] {
    {
      std::lock_guard lock(process.mutex);
      process.driver->writeCounts();
      delete process.driver;
      process.ended = true;
    }
    if (process.progress) // its code may go with the library
      process.progress->join();
    delete process.progress;
  });
  return *driver;
}

void Driver::begin(const std::string &function, Needs needs) {
  long number = ++counts[function];
  require(broken == CUDA_SUCCESS, broken);
  if (function == settings.failName && number == settings.failCall)
    throw Failure{settings.failCode};
  require(needs == Needs::Nothing || initialized, CUDA_ERROR_NOT_INITIALIZED);
  if (needs != Needs::Context)
    return;
  auto context = current.find(std::this_thread::get_id());
  require(context != current.end(), CUDA_ERROR_INVALID_CONTEXT);
  require(*context->second > 0, CUDA_ERROR_CONTEXT_IS_DESTROYED);
}

void Driver::beginKernel(const std::string &name) {
  if (name == settings.faultName && ++faultRuns == settings.faultRun)
    throw Failure{CUDA_ERROR_ILLEGAL_ADDRESS};
}

CUresult Driver::failed(const std::string &function) {
  auto tell = [&](const char *what) { std::fprintf(stderr, "mock libcuda: %s: %s\n", function.c_str(), what); };
  CUresult code = CUDA_ERROR_UNKNOWN;
  try {
    throw;
  } catch (const Failure &failure) {
    code = failure.code;
  } catch (const ParseError &error) {
    tell(error.what());
    code = CUDA_ERROR_INVALID_PTX;
  } catch (const std::bad_alloc &) {
    code = CUDA_ERROR_OUT_OF_MEMORY;
  } catch (const Crash &crash) {
    tell(crash.what());
    code = CUDA_ERROR_ILLEGAL_ADDRESS;
  } catch (const Fault &fault) {
    tell(fault.what());
    code = CUDA_ERROR_ILLEGAL_ADDRESS;
  } catch (const std::exception &error) {
    tell(error.what());
  }
  if (isSticky(code))
    broken = code;
  return code;
}

void Driver::runByItself() {
  if (process.progress)
    return;
  process.progress = new std::thread([] {
    while (true) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      std::lock_guard lock(process.mutex);
      if (process.ended)
        return;
      try {
        process.driver->streams.advanceAll();
      } catch (...) {
        process.driver->failed("work of a stream");
      }
    }
  });
}

void Driver::writeCounts() const {
  if (settings.countsFile.empty())
    return;
  std::FILE *file = std::fopen(settings.countsFile.c_str(), "w");
  if (!file)
    return std::perror(("mock libcuda: " + settings.countsFile).c_str());
  std::fprintf(file, "{\n");
  for (auto &[name, count] : counts)
    std::fprintf(file, "  \"%s\": %ld,\n", name.c_str(), count);
  std::fprintf(file, "  \"allocated_bytes_peak\": %zu\n}\n", memory.peak());
  std::fclose(file);
}

} // namespace ptx::mock
