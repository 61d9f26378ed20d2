// Tests the memory that kernels allocate while they run: blocks are aligned and apart, and large ones are used again.
#include "runtime/device/Scratch.h"

#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace ganrt::test {
namespace {

constexpr size_t MiB = size_t(1) << 20;

TEST(Scratch, BlocksAreAlignedAndApart) {
  std::vector<std::pair<uint8_t *, size_t>> blocks;
  for (size_t bytes : {size_t(1), size_t(100), size_t(4096), MiB, 4 * MiB - 1, 4 * MiB, 7 * MiB + 5, 7 * MiB + 5}) {
    auto *block = static_cast<uint8_t *>(takeScratch(bytes));
    ASSERT_TRUE(block);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 128, 0u);
    memset(block, int(blocks.size()), bytes);
    blocks.emplace_back(block, bytes);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(blocks[i].first[0], i);
    EXPECT_EQ(blocks[i].first[blocks[i].second - 1], i);
    giveScratch(blocks[i].first);
  }
  giveScratch(nullptr);
}

TEST(Scratch, LargeBlocksAreUsedAgain) {
  void *first = takeScratch(9 * MiB);
  giveScratch(first);
  void *smaller = takeScratch(8 * MiB); // more than what other tests leave
  EXPECT_EQ(smaller, first);
  void *second = takeScratch(9 * MiB);
  EXPECT_NE(second, first);
  giveScratch(smaller);
  giveScratch(second);
}

TEST(Scratch, ThreadsDoNotShareBlocks) {
  std::vector<std::thread> threads;
  std::vector<int> mistakes(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t, &mistakes] {
      for (int i = 0; i < 200; ++i) {
        size_t bytes = 3 * MiB + size_t(i * 7919 % 5) * MiB;
        auto *block = static_cast<uint8_t *>(takeScratch(bytes));
        block[0] = block[bytes - 1] = uint8_t(t);
        std::this_thread::yield();
        mistakes[size_t(t)] += block[0] != t || block[bytes - 1] != t;
        giveScratch(block);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(mistakes, std::vector<int>(4));
}

} // namespace
} // namespace ganrt::test
