// NVIDIA's driver, opened at run time, so that a program needs nothing of CUDA where it is built or linked. Only the
// driver's own interface is used. The names and types are those of CUDA's documentation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ganrt::cuda {

using Context = struct ContextTag *;
using Module = struct ModuleTag *;
using Link = struct LinkTag *;
using Function = struct FunctionTag *;
using Stream = struct StreamTag *;
using Event = struct EventTag *;
using Graph = struct GraphTag *;
using Node = struct NodeTag *;
using Exec = struct ExecTag *;
using Pointer = unsigned long long; ///< an address on the card

/// CUDA_KERNEL_NODE_PARAMS_v2
struct KernelNode {
  Function function;
  unsigned grid[3], block[3], shared;
  void **parameters;
  void **extra;
  void *kernel;
  Context context;
};

/// CUDA_MEMCPY3D
struct Copy {
  enum Kind : int { Host = 1, Card = 2 };
  struct Side {
    size_t x, y, z, level;
    Kind kind;
    const void *host;
    Pointer card;
    void *array, *reserved;
    size_t pitch, height;
  };
  Side from, to;
  size_t width, height, depth; ///< the width in bytes
};

/// The functions that are used: F(member, name in the library, parameters). Each returns 0 or what went wrong.
#define GAN_CUDA_FUNCTIONS(F)                                                                                          \
  F(init, cuInit, (unsigned))                                                                                          \
  F(version, cuDriverGetVersion, (int *))                                                                              \
  F(deviceCount, cuDeviceGetCount, (int *))                                                                            \
  F(device, cuDeviceGet, (int *, int))                                                                                 \
  F(deviceName, cuDeviceGetName, (char *, int, int))                                                                   \
  F(busId, cuDeviceGetPCIBusId, (char *, int, int))                                                                    \
  F(attribute, cuDeviceGetAttribute, (int *, int, int))                                                                \
  F(retain, cuDevicePrimaryCtxRetain, (Context *, int))                                                                \
  F(setCurrent, cuCtxSetCurrent, (Context))                                                                            \
  F(synchronize, cuCtxSynchronize, ())                                                                                 \
  F(memoryInfo, cuMemGetInfo_v2, (size_t *, size_t *))                                                                 \
  F(load, cuModuleLoadDataEx, (Module *, const void *, unsigned, int *, void **))                                      \
  F(createLink, cuLinkCreate_v2, (unsigned, int *, void **, Link *))                                                   \
  F(addToLink, cuLinkAddData_v2, (Link, int, void *, size_t, const char *, unsigned, int *, void **))                  \
  F(completeLink, cuLinkComplete, (Link, void **, size_t *))                                                           \
  F(destroyLink, cuLinkDestroy, (Link))                                                                                \
  F(function, cuModuleGetFunction, (Function *, Module, const char *))                                                 \
  F(setAttribute, cuFuncSetAttribute, (Function, int, int))                                                            \
  F(allocate, cuMemAlloc_v2, (Pointer *, size_t))                                                                      \
  F(free, cuMemFree_v2, (Pointer))                                                                                     \
  F(allocateHost, cuMemHostAlloc, (void **, size_t, unsigned))                                                         \
  F(freeHost, cuMemFreeHost, (void *))                                                                                 \
  F(fill, cuMemsetD8_v2, (Pointer, unsigned char, size_t))                                                             \
  F(toCard, cuMemcpyHtoD_v2, (Pointer, const void *, size_t))                                                          \
  F(toHost, cuMemcpyDtoH_v2, (void *, Pointer, size_t))                                                                \
  F(onCard, cuMemcpyDtoD_v2, (Pointer, Pointer, size_t))                                                               \
  F(toCardLater, cuMemcpyHtoDAsync_v2, (Pointer, const void *, size_t, Stream))                                        \
  F(createStream, cuStreamCreate, (Stream *, unsigned))                                                                \
  F(waitFor, cuStreamWaitEvent, (Stream, Event, unsigned))                                                             \
  F(createEvent, cuEventCreate, (Event *, unsigned))                                                                   \
  F(record, cuEventRecord, (Event, Stream))                                                                            \
  F(query, cuEventQuery, (Event))                                                                                      \
  F(await, cuEventSynchronize, (Event))                                                                                \
  F(elapsed, cuEventElapsedTime, (float *, Event, Event))                                                              \
  F(launch, cuLaunchKernel,                                                                                            \
    (Function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, Stream, void **, void **))        \
  F(beginCapture, cuStreamBeginCapture_v2, (Stream, int))                                                              \
  F(endCapture, cuStreamEndCapture, (Stream, Graph *))                                                                 \
  F(createGraph, cuGraphCreate, (Graph *, unsigned))                                                                   \
  F(destroyGraph, cuGraphDestroy, (Graph))                                                                             \
  F(addKernel, cuGraphAddKernelNode_v2, (Node *, Graph, const Node *, size_t, const KernelNode *))                     \
  F(addCopy, cuGraphAddMemcpyNode, (Node *, Graph, const Node *, size_t, const Copy *, Context))                       \
  F(addChild, cuGraphAddChildGraphNode, (Node *, Graph, const Node *, size_t, Graph))                                  \
  F(addEvent, cuGraphAddEventRecordNode, (Node *, Graph, const Node *, size_t, Event))                                 \
  F(instantiate, cuGraphInstantiateWithFlags, (Exec *, Graph, unsigned long long))                                     \
  F(launchGraph, cuGraphLaunch, (Exec, Stream))                                                                        \
  F(destroyExec, cuGraphExecDestroy, (Exec))                                                                           \
  F(errorText, cuGetErrorString, (int, const char **))

class Driver {
public:
  /// Opens the library. Throws UserError with why it cannot be used.
  Driver();

#define GAN_MEMBER(member, name, parameters) int(*member) parameters = nullptr;
  GAN_CUDA_FUNCTIONS(GAN_MEMBER)
#undef GAN_MEMBER

  /// Throws if `status` tells a failure: DeviceFault for what a kernel did, otherwise UserError. `what` was being
  /// done: "copying to the card".
  void check(int status, const std::string &what) const;
};

/// Results of the driver's functions that are told apart.
enum Status : int {
  OutOfMemory = 2,
  NoDevice = 100,
  NoBinary = 209,
  InvalidPtx = 218,
  PtxVersion = 222,
  NotReady = 600,
};

} // namespace ganrt::cuda
