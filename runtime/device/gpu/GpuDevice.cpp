#include "runtime/device/gpu/GpuDevice.h"
#include "runtime/base/Error.h"
#include "runtime/device/gpu/GpuCalls.h"
#include "runtime/device/gpu/GpuNeed.h"

#include <algorithm>
#include <type_traits>

namespace ganrt {
namespace {

class GpuDevice : public Device {
public:
  GpuDevice(std::unique_ptr<Gpu> gpu, const gan_program &program, const gan_device &table)
      : gpu(std::move(gpu)), program(program), table(table), kernels(*this->gpu, program, table) {}

  std::string name() const override { return gpu->name(); }
  std::string join(Ranks &ranks) override {
    std::string why = gpu->join(ranks);
    return why.empty() ? "" : "sums over ranks go through the memory of the host and MPI: " + why;
  }
  std::unique_ptr<DeviceMemory> allocate(size_t bytes) override {
    return explained([&] { return std::make_unique<GpuMemory>(*gpu, std::max<size_t>(bytes, Gpu::alignment)); });
  }
  std::unique_ptr<DeviceCalls> bind(const gan_program &of, const gan_graph &graph, Spaces spaces) override {
    return explained([&] { return std::make_unique<GpuCalls>(*gpu, kernels, of, graph, spaces); });
  }

private:
  /// What `make` makes, or the error that tells a user why there is no memory for it.
  template <class Make> std::invoke_result_t<Make> explained(Make make) {
    try {
      return make();
    } catch (const OutOfGpuMemory &out) {
      throw UserError(outOfMemoryText(*gpu, program, table, out.bytes));
    }
  }

  std::unique_ptr<Gpu> gpu;
  const gan_program &program;
  const gan_device &table;
  GpuKernels kernels;
};

} // namespace

std::unique_ptr<Device> makeGpuDevice(std::unique_ptr<Gpu> gpu, const gan_program &program, const gan_device &table) {
  return std::make_unique<GpuDevice>(std::move(gpu), program, table);
}

} // namespace ganrt
