// NVIDIA's library for sums over cards, NCCL, opened at run time like the driver. It works with the driver's contexts
// and streams. The names and types are those of its documentation.
#pragma once

#include "runtime/device/cuda/Driver.h"

#include <cstddef>
#include <string>

namespace ganrt::cuda {

using Communicator = struct CommunicatorTag *;

/// ncclUniqueId: what the ranks of a communicator find each other by.
struct UniqueId {
  char bytes[128];
};

/// The functions that are used: F(result, member, name in the library, parameters).
#define GAN_NCCL_FUNCTIONS(F)                                                                                          \
  F(int, version, ncclGetVersion, (int *))                                                                             \
  F(int, uniqueId, ncclGetUniqueId, (UniqueId *))                                                                      \
  F(int, join, ncclCommInitRank, (Communicator *, int, UniqueId, int))                                                 \
  F(int, allReduce, ncclAllReduce, (const void *, void *, size_t, int, int, Communicator, Stream))                     \
  F(int, asyncError, ncclCommGetAsyncError, (Communicator, int *))                                                     \
  F(int, abort, ncclCommAbort, (Communicator))                                                                         \
  F(const char *, errorText, ncclGetErrorString, (int))                                                                \
  F(const char *, lastError, ncclGetLastError, (Communicator))

class Nccl {
public:
  /// Opens the library, if it is there.
  Nccl();

#define GAN_MEMBER(result, member, name, parameters) result(*member) parameters = nullptr;
  GAN_NCCL_FUNCTIONS(GAN_MEMBER)
#undef GAN_MEMBER

  /// Why it cannot be used; "" if it can.
  const std::string &missing() const { return why; }
  /// Throws UserError if `status` tells a failure. `what` was being done: "adding up over the cards".
  void check(int status, const std::string &what, Communicator communicator) const;

private:
  std::string why;
};

/// ncclDataType_t, ncclRedOp_t
constexpr int ncclFloat = 7, ncclMean = 4;

} // namespace ganrt::cuda
