// OpenCL, opened at run time, so that a program needs nothing of it where it is built or linked. Version 1.2 is enough.
// The names and types are those of OpenCL's documentation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ganrt::opencl {

using Platform = struct PlatformTag *;
using DeviceId = struct DeviceTag *;
using Context = struct ContextTag *;
using Queue = struct QueueTag *;
using Memory = struct MemoryTag *;
using Program = struct ProgramTag *;
using Kernel = struct KernelTag *;
using Event = struct EventTag *;
using Notify = void (*)(const char *, const void *, size_t, void *);
using NotifyBuilt = void (*)(Program, void *);

/// The functions that are used: F(result, member, name in the library, parameters).
#define GAN_OPENCL_FUNCTIONS(F)                                                                                        \
  F(int, platforms, clGetPlatformIDs, (unsigned, Platform *, unsigned *))                                              \
  F(int, devices, clGetDeviceIDs, (Platform, uint64_t, unsigned, DeviceId *, unsigned *))                              \
  F(int, deviceInfo, clGetDeviceInfo, (DeviceId, unsigned, size_t, void *, size_t *))                                  \
  F(Context, createContext, clCreateContext, (const intptr_t *, unsigned, const DeviceId *, Notify, void *, int *))    \
  F(Queue, createQueue, clCreateCommandQueue, (Context, DeviceId, uint64_t, int *))                                    \
  F(Memory, createBuffer, clCreateBuffer, (Context, uint64_t, size_t, void *, int *))                                  \
  F(int, releaseBuffer, clReleaseMemObject, (Memory))                                                                  \
  F(Program, createProgram, clCreateProgramWithSource, (Context, unsigned, const char **, const size_t *, int *))      \
  F(int, build, clBuildProgram, (Program, unsigned, const DeviceId *, const char *, NotifyBuilt, void *))              \
  F(int, buildInfo, clGetProgramBuildInfo, (Program, DeviceId, unsigned, size_t, void *, size_t *))                    \
  F(Kernel, createKernel, clCreateKernel, (Program, const char *, int *))                                              \
  F(int, setArgument, clSetKernelArg, (Kernel, unsigned, size_t, const void *))                                        \
  F(int, launch, clEnqueueNDRangeKernel,                                                                               \
    (Queue, Kernel, unsigned, const size_t *, const size_t *, const size_t *, unsigned, const Event *, Event *))       \
  F(int, write, clEnqueueWriteBuffer,                                                                                  \
    (Queue, Memory, unsigned, size_t, size_t, const void *, unsigned, const Event *, Event *))                         \
  F(int, read, clEnqueueReadBuffer,                                                                                    \
    (Queue, Memory, unsigned, size_t, size_t, void *, unsigned, const Event *, Event *))                               \
  F(int, copy, clEnqueueCopyBuffer, (Queue, Memory, Memory, size_t, size_t, size_t, unsigned, const Event *, Event *)) \
  F(int, fill, clEnqueueFillBuffer,                                                                                    \
    (Queue, Memory, const void *, size_t, size_t, size_t, unsigned, const Event *, Event *))                           \
  F(int, mark, clEnqueueMarkerWithWaitList, (Queue, unsigned, const Event *, Event *))                                 \
  F(int, waitFor, clWaitForEvents, (unsigned, const Event *))                                                          \
  F(int, profile, clGetEventProfilingInfo, (Event, unsigned, size_t, void *, size_t *))                                \
  F(int, releaseEvent, clReleaseEvent, (Event))                                                                        \
  F(int, flush, clFlush, (Queue))                                                                                      \
  F(int, finish, clFinish, (Queue))

class Library {
public:
  /// Opens the library. Throws UserError if there is none, or if it is too old.
  Library();

#define GAN_MEMBER(result, member, name, parameters) result(*member) parameters = nullptr;
  GAN_OPENCL_FUNCTIONS(GAN_MEMBER)
#undef GAN_MEMBER

  /// Throws UserError if `status` tells a failure; `what` was being done: "copying to the device".
  static void check(int status, const std::string &what);
};

/// Results of functions, kinds of devices and properties, by the numbers of OpenCL's header.
constexpr int memoryFailure = -4, outOfResources = -5, noHostMemory = -6, invalidBufferSize = -61;
constexpr uint64_t anyDevice = 0xffffffff, gpuDevice = 4;
constexpr uint64_t profiledQueue = 2;
constexpr unsigned whenStarted = 0x1282, whenEnded = 0x1283;
constexpr unsigned deviceType = 0x1000, deviceName = 0x102b, deviceMemory = 0x101f, deviceDoubles = 0x1032,
                   buildLog = 0x1183;

} // namespace ganrt::opencl
