// The CPU as a device. Its memory is host memory. A call runs the kernel's machine code on descriptions of its buffers,
// which are made once in advance.
#include "runtime/device/Device.h"

#include <HalideRuntime.h>
#include <algorithm>
#include <cstring>
#include <vector>

namespace ganrt {
namespace {

class CpuMemory : public DeviceMemory {
public:
  explicit CpuMemory(size_t bytes) : memory(bytes) {}
  size_t size() const override { return memory.size(); }
  void write(size_t at, const void *from, size_t bytes) override { memcpy(memory.data() + at, from, bytes); }
  const void *read(size_t at, size_t) const override { return memory.data() + at; }
  void copy(const DeviceMemory &other) override {
    size_t bytes = std::min(size(), other.size()); // one of them may be rounded up to whole pages
    memcpy(memory.data(), other.read(0, bytes), bytes);
  }
  uint8_t *onHost() override { return memory.data(); }
  uint8_t *data() const { return memory.data(); }

private:
  HostMemory memory;
};

class CpuCalls : public DeviceCalls {
public:
  CpuCalls(const gan_program &program, const gan_graph &graph, Spaces spaces) : arguments(graph.num_calls) {
    runs.reserve(graph.num_calls);
    size_t numBuffers = 0, numDimensions = 0;
    for (uint32_t i = 0; i < graph.num_calls; ++i) {
      const gan_kernel &kernel = program.kernels[graph.calls[i].kernel];
      runs.push_back(kernel.run);
      numBuffers += kernel.num_args;
      for (uint32_t a = 0; a < kernel.num_args; ++a)
        numDimensions += kernel.args[a].rank;
    }
    buffers.reserve(numBuffers); // pointers to the elements must stay valid
    dimensions.reserve(numDimensions);
    for (uint32_t i = 0; i < graph.num_calls; ++i)
      for (uint32_t a = 0; a < program.kernels[graph.calls[i].kernel].num_args; ++a)
        describe(i, program.kernels[graph.calls[i].kernel].args[a], graph.calls[i].addresses[a], spaces);
  }

  void takeInputs(const HostMemory &inputs) override {
    for (auto &[buffer, offset] : ofInputs)
      buffer->host = inputs.data() + offset;
  }
  void takeNumbers() override {} // kernels read them directly where the host writes them
  bool run(uint32_t index) override { return runs[index](arguments[index].data()) == 0; }

private:
  static uint8_t *start(gan_space space, const Spaces &spaces) {
    switch (space) {
    case GAN_SPACE_ARENA:
      return static_cast<CpuMemory &>(spaces.arena).data();
    case GAN_SPACE_STATE:
      return static_cast<CpuMemory &>(spaces.state).data();
    case GAN_SPACE_INPUT:
      return spaces.inputs.data();
    case GAN_SPACE_SCALAR:
      return spaces.scalars.data();
    case GAN_SPACE_RNG:
      return spaces.rngs.data();
    }
    __builtin_unreachable();
  }

  void describe(uint32_t call, const gan_arg &arg, const gan_address &address, const Spaces &spaces) {
    static constexpr halide_type_t types[] = {
        {halide_type_float, 32, 1}, {halide_type_float, 64, 1}, {halide_type_uint, 8, 1}, {halide_type_uint, 32, 1}};
    halide_buffer_t buffer{};
    buffer.host = start(address.space, spaces) + address.offset;
    buffer.type = types[arg.dtype];
    buffer.dimensions = int32_t(arg.rank);
    buffer.dim = dimensions.data() + dimensions.size();
    int32_t stride = 1;
    for (uint32_t d = 0; d < arg.rank; ++d) {
      dimensions.emplace_back(0, arg.extent[d], stride);
      stride *= arg.extent[d];
    }
    buffers.push_back(buffer);
    if (address.space == GAN_SPACE_INPUT)
      ofInputs.emplace_back(&buffers.back(), address.offset);
    arguments[call].push_back(&buffers.back());
  }

  std::vector<int (*)(void **)> runs; ///< the kernel of each call
  std::vector<halide_buffer_t> buffers;
  std::vector<halide_dimension_t> dimensions;
  std::vector<std::vector<void *>> arguments;                   ///< pointers to the buffers of each call
  std::vector<std::pair<halide_buffer_t *, uint64_t>> ofInputs; ///< buffers of batch data, and their offsets in it
};

class Cpu : public Device {
public:
  std::string name() const override { return "cpu"; }
  std::unique_ptr<DeviceMemory> allocate(size_t bytes) override { return std::make_unique<CpuMemory>(bytes); }
  std::unique_ptr<DeviceCalls> bind(const gan_program &program, const gan_graph &graph, Spaces spaces) override {
    return std::make_unique<CpuCalls>(program, graph, spaces);
  }
};

} // namespace

Device &cpu() {
  static Cpu device;
  return device;
}

std::unique_ptr<Device> openCpu() { return std::make_unique<Cpu>(); }

} // namespace ganrt
