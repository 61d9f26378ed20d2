// libnccl.so.2 on the mock driver: the functions that ganc's trainers call, with the real names, numbers and
// signatures. A communicator counts its calls and writes them down, ../../README.md says where.
#include "tests/ptx/mock/Cuda.h"
#include "tests/ptx/mock/nccl/Exchange.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <memory>
#include <random>
#include <stdexcept>
#include <unistd.h>

namespace {

using ptx::mock::Exchange;
using ptx::mock::Operation;

enum : int { Success = 0, UnhandledCudaError = 1, SystemError = 2, InvalidArgument = 4, RemoteError = 6 };
enum : int { Float = 7, Mean = 4 };

const char *variable(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

/// GANC_MOCK_NCCL_FAIL=NAME:k:code: call number k of that function gives this code; `ring` as NAME is what the cards do
/// together, of which number k never ends, and is told as an error that came meanwhile.
int failureOf(const std::string &function, long number) {
  std::string text = variable("GANC_MOCK_NCCL_FAIL"), start = function + ":" + std::to_string(number) + ":";
  return text.compare(0, start.size(), start) ? 0 : std::atoi(text.c_str() + start.size());
}

std::string lastError; // NOLINT: of the process, as in NCCL

} // namespace

struct ncclComm {
  ncclComm(const std::string &name, int ranks, int rank) : exchange(name, ranks, rank), rank(rank) {
    if (const char *file = variable("GANC_MOCK_NCCL_LOG"); *file)
      log = std::fopen((std::string(file) + "." + std::to_string(rank)).c_str(), "w");
  }
  ~ncclComm() {
    if (log)
      std::fclose(log);
  }
  ncclComm(const ncclComm &) = delete;
  ncclComm &operator=(const ncclComm &) = delete;

  /// A call of ncclAllReduce; it may run many times, in a graph.
  struct Call {
    ncclComm *communicator;
    Operation operation;
    float *floats;
    std::string place;
  };

  bool advance(const Call &call) {
    if (aborted)
      return true;
    if (error)
      return false;
    try {
      if ((error = failureOf("ring", long(ended + 1))))
        throw std::runtime_error("the network is gone");
      if (!exchange.advance(ended + 1, call.operation, call.floats))
        return false;
    } catch (const std::exception &e) {
      error = error ? error : int(RemoteError);
      lastError = e.what();
      std::fprintf(stderr, "mock libnccl: %s\n", e.what());
      return false;
    }
    ++ended;
    tell("run", call);
    return true;
  }

  void tell(const char *what, const Call &call) const {
    if (log)
      std::fprintf(log, "%s %llu %s %llu\n", what, static_cast<unsigned long long>(call.operation.count),
                   call.place.c_str(), static_cast<unsigned long long>(call.operation.capture));
  }

  Exchange exchange;
  int rank, error = Success;
  bool aborted = false;
  uint64_t ended = 0, captures = 0;
  long calls = 0;
  std::list<Call> made; ///< where graphs point to
  std::FILE *log = nullptr;
};

#pragma GCC visibility push(default)
extern "C" {

struct ncclUniqueId {
  char internal[128];
};

int ncclGetVersion(int *version) {
  const char *given = variable("GANC_MOCK_NCCL_VERSION");
  *version = *given ? std::atoi(given) : 22602;
  return Success;
}

const char *ncclGetErrorString(int code) {
  switch (code) {
  case UnhandledCudaError:
    return "unhandled cuda error";
  case SystemError:
    return "unhandled system error";
  case InvalidArgument:
    return "invalid argument";
  case RemoteError:
    return "remote process exited or there was a network error";
  default:
    return code ? "unknown result code" : "no error";
  }
}

const char *ncclGetLastError(ncclComm *) { return lastError.c_str(); }

int ncclGetUniqueId(ncclUniqueId *id) {
  std::snprintf(id->internal, sizeof id->internal, "/ganc-mock-nccl-%d-%u", int(getpid()), std::random_device()());
  return Success;
}

int ncclCommInitRank(ncclComm **communicator, int ranks, ncclUniqueId id, int rank) {
  if (int code = failureOf("ncclCommInitRank", 1))
    return code;
  try {
    if (ranks < 1 || rank < 0 || rank >= ranks)
      return InvalidArgument;
    *communicator = std::make_unique<ncclComm>(id.internal, ranks, rank).release();
    return Success;
  } catch (const std::exception &e) {
    lastError = e.what();
    return SystemError;
  }
}

/// In a graph the call's number stands for the capture: all ranks must have it from the same one.
int ncclAllReduce(const void *from, void *to, size_t count, int type, int reduction, ncclComm *communicator,
                  CUstream stream) {
  if (int code = failureOf("ncclAllReduce", ++communicator->calls))
    return code;
  if (from != to || type != Float || reduction != Mean) // all that trainers ask for
    return InvalidArgument;
  CUdeviceptr address = reinterpret_cast<uintptr_t>(to), start = 0;
  size_t size = 0;
  if (cuMemGetAddressRange_v2(&start, &size, address))
    return InvalidArgument;
  communicator->made.push_back({communicator,
                                {count, type, reduction, 0},
                                static_cast<float *>(to),
                                std::to_string(address - start) + " of " + std::to_string(size)});
  ncclComm::Call &call = communicator->made.back();
  CUmockWork work{"ncclAllReduce",
                  address,
                  count * sizeof(float),
                  communicator,
                  [](void *data) {
                    auto *made = static_cast<ncclComm::Call *>(data);
                    return made->communicator->advance(*made);
                  },
                  &call};
  bool captured = false;
  if (cuMockAdd(stream, &work, &captured))
    return UnhandledCudaError;
  if (captured)
    call.operation.capture = ++communicator->captures;
  communicator->tell("call", call);
  return Success;
}

int ncclCommGetAsyncError(ncclComm *communicator, int *error) {
  *error = communicator->error;
  return Success;
}

/// What is under way ends; the communicator stays, because graphs that nobody launches any more point to it.
int ncclCommAbort(ncclComm *communicator) {
  communicator->aborted = true;
  if (communicator->log)
    std::fflush(communicator->log);
  return Success;
}
}
#pragma GCC visibility pop
