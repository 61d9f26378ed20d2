// The kernels of a program on one GPU: each is loaded when a graph first needs it.
#pragma once

#include "runtime/device/gpu/GpuMemory.h"

#include <map>

namespace ganrt {

class GpuKernels {
public:
  GpuKernels(Gpu &gpu, const gan_program &program, const gan_device &table)
      : gpu(gpu), program(program), table(table) {}

  struct Loaded {
    std::vector<GpuFunction> functions; ///< one for each launch
    std::vector<std::unique_ptr<GpuMemory>> constants;
  };
  const Loaded &loaded(uint32_t kernel) {
    auto [it, fresh] = all.try_emplace(kernel);
    if (fresh)
      it->second = load(table.kernels[kernel]);
    return it->second;
  }
  const gan_device_kernel &row(uint32_t kernel) const { return table.kernels[kernel]; }

private:
  Loaded load(const gan_device_kernel &kernel) {
    Loaded made{gpu.load(kernel, program.device_code), {}};
    for (uint32_t i = 0; i < kernel.num_constants; ++i) {
      std::vector<uint8_t> bytes = unpack(kernel.constants[i], program.device_code);
      made.constants.push_back(std::make_unique<GpuMemory>(gpu, bytes.size()));
      made.constants.back()->write(0, bytes.data(), bytes.size());
    }
    return made;
  }

  Gpu &gpu;
  const gan_program &program;
  const gan_device &table;
  std::map<uint32_t, Loaded> all;
};

} // namespace ganrt
