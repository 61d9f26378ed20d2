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
  /// Loads the kernels that a graph calls and that were not loaded yet, all at once.
  void loadFor(const gan_graph &graph) {
    std::vector<uint32_t> fresh;
    std::vector<const gan_device_kernel *> rows;
    for (uint32_t c = 0; c < graph.num_calls; ++c)
      if (uint32_t kernel = graph.calls[c].kernel; all.try_emplace(kernel).second) {
        fresh.push_back(kernel);
        rows.push_back(&row(kernel));
      }
    if (fresh.empty())
      return;
    std::vector<std::vector<GpuFunction>> functions = gpu.load(rows, program.device_code);
    for (size_t i = 0; i < fresh.size(); ++i)
      all[fresh[i]] = {std::move(functions[i]), constantsOf(*rows[i])};
  }
  const Loaded &loaded(uint32_t kernel) const { return all.at(kernel); }
  const gan_device_kernel *rows() const { return table.kernels; }
  const gan_device_kernel &row(uint32_t kernel) const { return table.kernels[kernel]; }

private:
  std::vector<std::unique_ptr<GpuMemory>> constantsOf(const gan_device_kernel &kernel) {
    std::vector<std::unique_ptr<GpuMemory>> constants;
    for (uint32_t i = 0; i < kernel.num_constants; ++i) {
      std::vector<uint8_t> bytes = unpack(kernel.constants[i], program.device_code);
      constants.push_back(std::make_unique<GpuMemory>(gpu, bytes.size()));
      constants.back()->write(0, bytes.data(), bytes.size());
    }
    return constants;
  }

  Gpu &gpu;
  const gan_program &program;
  const gan_device &table;
  std::map<uint32_t, Loaded> all;
};

} // namespace ganrt
