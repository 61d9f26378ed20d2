#include "runtime/commands/DeviceInfo.h"
#include "runtime/device/Device.h"
#include "runtime/device/gpu/GpuNeed.h"

#include <numeric>

namespace ganrt {
namespace {

Json launchJson(const gan_launch &l) {
  return {{"function", l.function},
          {"grid", {l.grid[0], l.grid[1], l.grid[2]}},
          {"block", {l.block[0], l.block[1], l.block[2]}},
          {"shared_bytes", l.shared + l.shared_declared},
          {"registers", l.registers},
          {"stack_bytes", l.stack}};
}

/// "sm_80", "sm_90"; "text" stands for what a driver compiles for any card.
std::vector<std::string> architecturesOf(const gan_device_kernel &kernel) {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < kernel.num_images; ++i)
    names.push_back(*kernel.images[i].architecture ? kernel.images[i].architecture : "text");
  return names;
}

Json kernelJson(const gan_kernel &kernel, const gan_device_kernel &row) {
  Json launches = Json::array();
  for (uint32_t l = 0; l < row.num_launches; ++l)
    launches.push_back(launchJson(row.launches[l]));
  return {{"name", kernel.name},
          {"schedule", row.schedule},
          {"architectures", architecturesOf(row)},
          {"scratch_bytes", std::accumulate(row.scratch, row.scratch + row.num_scratch, uint64_t(0))},
          {"launches", launches}};
}

void printLaunch(const gan_launch &l) {
  printf("    grid %ux%ux%u, block %ux%ux%u, shared memory %u", l.grid[0], l.grid[1], l.grid[2], l.block[0], l.block[1],
         l.block[2], l.shared + l.shared_declared);
  if (l.registers) // an assembler was there
    printf(", registers %u, stack %u", l.registers, l.stack);
  printf("\n");
}

/// Bytes of the device's memory that training takes.
uint64_t trainingBytes(const gan_program &program, const gan_device &table) {
  GpuNeed need = gpuNeed(program, table);
  return need.fixed + need.perBatch;
}

} // namespace

Json devicesJson(const gan_program &program) {
  Json devices = Json::array();
  for (uint32_t d = 0; d < program.num_devices; ++d) {
    Json kernels = Json::array();
    for (uint32_t k = 0; k < program.num_kernels; ++k)
      kernels.push_back(kernelJson(program.kernels[k], program.devices[d].kernels[k]));
    devices.push_back({{"kind", kindName(program.devices[d].kind)},
                       {"training_bytes", trainingBytes(program, program.devices[d])},
                       {"kernels", kernels}});
  }
  return devices;
}

void printDevices(const gan_program &program) {
  for (uint32_t d = 0; d < program.num_devices; ++d) {
    printf(
        "\nkernels for %s (memory in bytes, of a block or a thread); training takes %.2f MiB of the device's memory:\n",
        kindName(program.devices[d].kind), double(trainingBytes(program, program.devices[d])) / (1 << 20));
    for (uint32_t k = 0; k < program.num_kernels; ++k) {
      const gan_device_kernel &row = program.devices[d].kernels[k];
      printf("  %s  %s\n", program.kernels[k].name, row.schedule);
      for (uint32_t l = 0; l < row.num_launches; ++l)
        printLaunch(row.launches[l]);
    }
  }
}

} // namespace ganrt
