#include "runtime/device/gpu/GpuDevice.h"
#include "runtime/device/gpu/GpuCalls.h"

namespace ganrt {
namespace {

class GpuDevice : public Device {
public:
  GpuDevice(std::unique_ptr<Gpu> gpu, const gan_program &program, const gan_device &table)
      : gpu(std::move(gpu)), kernels(*this->gpu, program, table) {}

  std::string name() const override { return gpu->name(); }
  std::unique_ptr<DeviceMemory> allocate(size_t bytes) override {
    return std::make_unique<GpuMemory>(*gpu, std::max<size_t>(bytes, Gpu::alignment));
  }
  std::unique_ptr<DeviceCalls> bind(const gan_program &program, const gan_graph &graph, Spaces spaces) override {
    return std::make_unique<GpuCalls>(*gpu, kernels, program, graph, spaces);
  }

private:
  std::unique_ptr<Gpu> gpu;
  GpuKernels kernels;
};

} // namespace

std::unique_ptr<Device> makeGpuDevice(std::unique_ptr<Gpu> gpu, const gan_program &program, const gan_device &table) {
  return std::make_unique<GpuDevice>(std::move(gpu), program, table);
}

} // namespace ganrt
