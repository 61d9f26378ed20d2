// The runtime's own work on an OpenCL device, here the processor as one: looking for numbers that are not finite, and
// telling how long launches took.
#include "runtime/device/opencl/OpenClGpu.h"
#include "runtime/device/gpu/ChooseText.h"
#include "runtime/device/gpu/GpuMemory.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <utility>

namespace ganrt {
namespace {

TEST(OpenClGpus, FindWhatIsNotFiniteWhereverItLies) {
  std::unique_ptr<Gpu> gpu = openOpenCl(0);
  constexpr float infinite = std::numeric_limits<float>::infinity(), greatest = std::numeric_limits<float>::max();
  std::vector<float> values(30'001, -greatest);
  values[5] = std::numeric_limits<float>::denorm_min();
  GpuMemory memory(*gpu, 4 * values.size());
  auto finite = [&](const std::vector<FloatRange> &floats) {
    memory.write(0, values.data(), 4 * values.size());
    return memory.finite(floats);
  };
  std::vector<FloatRange> parts = {{0, 1}, {4, 20'000}, {4 * 20'001, 10'000}};
  EXPECT_EQ(finite(parts), true);
  EXPECT_EQ(finite({}), true);
  for (size_t at : {size_t(0), size_t(1), size_t(20'000), size_t(20'001), values.size() - 1})
    for (float broken : {infinite, -infinite, float(NAN)}) {
      float before = std::exchange(values[at], broken);
      EXPECT_EQ(finite(parts), false) << broken << " at " << at;
      values[at] = before;
    }
  values[20'001] = NAN; // between two parts
  EXPECT_EQ(finite({{0, 20'001}, {4 * 20'002, 9'999}}), true);
}

TEST(OpenClGpus, TellHowLongLaunchesTook) {
  std::unique_ptr<Gpu> gpu = openOpenCl(0);
  constexpr double numbers[] = {12, 10, 0.5, 0.25, 0.125}; // a count, the first count of the table, and its values
  GpuMemory memory(*gpu, 2 * Gpu::alignment);
  memory.write(0, numbers, sizeof numbers);
  const gan_launch launch = {chooseName, {1, 1, 1}, {1, 1, 1}, 0, nullptr, 0, 0, 0, 0};
  GpuStep step;
  step.launch = &launch;
  step.function = gpu->choose();
  step.given = {{memory.buffer(), 0}, {memory.buffer(), sizeof(double)}, {memory.buffer(), Gpu::alignment}};
  std::unique_ptr<GpuSequence> twice = gpu->prepareTimed({step, step});
  auto begin = std::chrono::steady_clock::now();
  double seconds = gpu->time(*twice);
  std::chrono::duration<double> all = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(seconds, 0);
  EXPECT_LT(seconds, all.count());
  double chosen = 0;
  memcpy(&chosen, memory.read(Gpu::alignment, sizeof chosen), sizeof chosen);
  EXPECT_EQ(chosen, 0.125);
}

} // namespace
} // namespace ganrt
