// A GPU as a device: its memory, and the calls of a graph as sequences of launches.
#pragma once

#include "runtime/device/Device.h"
#include "runtime/device/gpu/Gpu.h"

namespace ganrt {

/// `table` is the program's row for this kind of GPU.
std::unique_ptr<Device> makeGpuDevice(std::unique_ptr<Gpu> gpu, const gan_program &program, const gan_device &table);

} // namespace ganrt
