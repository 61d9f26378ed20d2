#include "tests/device/DeviceRun.h"

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

namespace gan::test {
namespace {

void check(cl_int status, const std::string &what) {
  if (status != CL_SUCCESS)
    throw std::runtime_error("OpenCL: " + what + " failed: " + std::to_string(status));
}

template <class Handle, cl_int (*release)(Handle)> struct Release {
  using pointer = Handle;
  void operator()(Handle handle) const { release(handle); }
};
template <class Handle, cl_int (*release)(Handle)>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Release<Handle, release>>;

/// Each tensor starts so many bytes into its buffer, as in a program: a multiple of 16, which loads of vectors want.
constexpr cl_ulong lead = 48;

/// The first device of the first platform.
class Device {
public:
  Device() {
    cl_platform_id platform = nullptr;
    check(clGetPlatformIDs(1, &platform, nullptr), "clGetPlatformIDs");
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr), "clGetDeviceIDs");
    cl_int status = 0;
    context.reset(clCreateContext(nullptr, 1, &device, nullptr, nullptr, &status));
    check(status, "clCreateContext");
    queue.reset(clCreateCommandQueue(context.get(), device, 0, &status));
    check(status, "clCreateCommandQueue");
  }

  Owned<cl_program, clReleaseProgram> program(const std::string &text) const {
    const char *start = text.c_str();
    cl_int status = 0;
    Owned<cl_program, clReleaseProgram> p(clCreateProgramWithSource(context.get(), 1, &start, nullptr, &status));
    check(status, "clCreateProgramWithSource");
    // Lists of numbers lie in global memory: how much constant memory there is differs between devices.
    if (clBuildProgram(p.get(), 1, &device, "-D MAX_CONSTANT_BUFFER_SIZE=0 -D MAX_CONSTANT_ARGS=0", nullptr, nullptr)) {
      std::string log(1 << 16, 0);
      clGetProgramBuildInfo(p.get(), device, CL_PROGRAM_BUILD_LOG, log.size(), log.data(), nullptr);
      throw std::runtime_error("OpenCL does not compile the kernel:\n" + log.substr(0, log.find('\0')) + "\n" + text);
    }
    return p;
  }

  /// Device memory with this content behind `lead` bytes, or with bytes that are no number.
  Owned<cl_mem, clReleaseMemObject> buffer(size_t bytes, const void *content) const {
    std::vector<uint8_t> all(lead + bytes, 0xff);
    if (content)
      std::memcpy(all.data() + lead, content, bytes);
    cl_int status = 0;
    Owned<cl_mem, clReleaseMemObject> b(
        clCreateBuffer(context.get(), CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, all.size(), all.data(), &status));
    check(status, "clCreateBuffer");
    return b;
  }

  cl_device_id device = nullptr;
  Owned<cl_context, clReleaseContext> context;
  Owned<cl_command_queue, clReleaseCommandQueue> queue;
};

} // namespace

void runOnOpenCl(const DeviceCode &code, const DeviceMemory &memory) {
  Device device;
  auto program = device.program(code.text);
  std::vector<Owned<cl_mem, clReleaseMemObject>> buffers[3]; // indexed by DeviceArgument::Kind
  for (std::span<uint8_t> m : memory)
    buffers[DeviceArgument::Buffer].push_back(device.buffer(m.size(), m.data()));
  for (int64_t bytes : code.scratch)
    buffers[DeviceArgument::Scratch].push_back(device.buffer(size_t(bytes), nullptr));
  for (const std::string &content : code.constants)
    buffers[DeviceArgument::Constant].push_back(device.buffer(content.size(), content.data()));
  for (const DeviceLaunch &launch : code.launches) {
    cl_int status = 0;
    Owned<cl_kernel, clReleaseKernel> kernel(clCreateKernel(program.get(), launch.function.c_str(), &status));
    check(status, "clCreateKernel " + launch.function);
    cl_uint position = 0;
    for (const DeviceArgument &argument : launch.arguments) {
      cl_mem b = buffers[argument.kind].at(argument.index).get();
      check(clSetKernelArg(kernel.get(), position++, sizeof b, static_cast<void *>(&b)), "clSetKernelArg");
      check(clSetKernelArg(kernel.get(), position++, sizeof lead, &lead), "clSetKernelArg");
    }
    check(clSetKernelArg(kernel.get(), position, size_t(launch.shared ? launch.shared : 64), nullptr),
          "clSetKernelArg");
    size_t threads[3], block[3];
    for (int d = 0; d < 3; ++d) {
      block[d] = size_t(launch.block[d]);
      threads[d] = block[d] * size_t(launch.grid[d]);
    }
    check(clEnqueueNDRangeKernel(device.queue.get(), kernel.get(), 3, nullptr, threads, block, 0, nullptr, nullptr),
          "clEnqueueNDRangeKernel " + launch.function);
  }
  for (size_t i = 0; i < memory.size(); ++i)
    check(clEnqueueReadBuffer(device.queue.get(), buffers[DeviceArgument::Buffer][i].get(), CL_TRUE, lead,
                              memory[i].size(), memory[i].data(), 0, nullptr, nullptr),
          "clEnqueueReadBuffer");
}

} // namespace gan::test
