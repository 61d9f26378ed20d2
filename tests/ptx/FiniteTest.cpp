// The kernel of the runtime that looks for floats which are not finite.
#include "compiler/ptx/Machine.h"
#include "runtime/device/cuda/FiniteText.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace ptx::test {
namespace {

using namespace ganrt::cuda;

/// How many warps find a float that is not finite.
int found(std::vector<float> values) {
  std::vector<uint32_t> results(finiteResults);
  auto address = [](auto &list) { return uint64_t(reinterpret_cast<uintptr_t>(list.data())); };
  auto bytes = [](auto &list) { return Buffer{reinterpret_cast<uint8_t *>(list.data()), 4 * list.size()}; };
  Launch launch;
  launch.grid = {int(finiteBlocks), 1, 1};
  launch.block = {int(finiteThreads), 1, 1};
  launch.arguments = {address(values), values.size(), address(results)};
  launch.memory = {bytes(values), bytes(results)};
  run(parse(finiteText), "ganc_finite", launch);
  int count = 0;
  for (uint32_t result : results)
    count += result == 1;
  return count;
}

TEST(Finite, FindsWhatIsNotFiniteWhereverItLies) {
  constexpr float infinite = std::numeric_limits<float>::infinity(), greatest = std::numeric_limits<float>::max();
  std::vector<float> fine(70'001, -greatest);
  fine[5] = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(found(fine), 0);
  EXPECT_EQ(found({1}), 0);
  EXPECT_EQ(found({NAN}), 1);
  for (size_t at : {size_t(0), size_t(40'000), fine.size() - 1})
    for (float broken : {infinite, -infinite, float(NAN)}) {
      std::vector<float> values = fine;
      values[at] = broken;
      EXPECT_EQ(found(values), 1) << broken << " at " << at;
    }
  std::vector<float> two = fine;
  two[0] = two[31] = infinite; // of one warp
  EXPECT_EQ(found(two), 1);
  two[32] = infinite;
  EXPECT_EQ(found(two), 2);
}

} // namespace
} // namespace ptx::test
