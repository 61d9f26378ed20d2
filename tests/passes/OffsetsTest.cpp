// Tests offsets of buffers with random lifetimes: buffers that are needed at the same time never share a byte.
#include "compiler/passes/Offsets.h"

#include <gtest/gtest.h>
#include <random>

namespace gan::test {
namespace {

std::vector<Buffer> randomBuffers(std::mt19937 &random, int count) {
  std::vector<Buffer> buffers;
  for (int i = 0; i < count; ++i) {
    int64_t begin = int64_t(random() % 40);
    buffers.push_back({.bytes = int64_t(1 + random() % 1000), .begin = begin, .end = begin + int64_t(random() % 12)});
  }
  return buffers;
}

bool meetInTime(const Buffer &a, const Buffer &b) { return a.begin <= b.end && b.begin <= a.end; }
bool meetInSpace(const Buffer &a, const Buffer &b) {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

TEST(Offsets, WhatIsNeededTogetherSharesNothing) {
  std::mt19937 random(1);
  bool shared = false;
  for (int round = 0; round < 200; ++round) {
    std::vector<Buffer> buffers = randomBuffers(random, 1 + round % 60);
    ArenaSize size = assignOffsets(buffers, true);
    EXPECT_LE(size.bytes, size.sum);
    shared |= size.bytes < size.sum;
    for (size_t i = 0; i < buffers.size(); ++i) {
      EXPECT_EQ(buffers[i].offset % bufferAlignment, 0);
      EXPECT_GE(buffers[i].offset, 0);
      EXPECT_LE(buffers[i].offset + buffers[i].bytes, size.bytes);
      for (size_t j = 0; j < i; ++j)
        EXPECT_FALSE(meetInTime(buffers[i], buffers[j]) && meetInSpace(buffers[i], buffers[j])) << i << " and " << j;
    }
  }
  EXPECT_TRUE(shared);
}

TEST(Offsets, WithoutSharingEachHasBytesOfItsOwn) {
  std::mt19937 random(2);
  std::vector<Buffer> buffers = randomBuffers(random, 50);
  ArenaSize size = assignOffsets(buffers, false);
  EXPECT_EQ(size.bytes, size.sum);
  for (size_t i = 0; i < buffers.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      EXPECT_FALSE(meetInSpace(buffers[i], buffers[j])) << i << " and " << j;
}

/// One long-lived buffer and two short-lived ones that follow each other: the short-lived ones get the same place.
TEST(Offsets, ShortOnesFollowEachOther) {
  std::vector<Buffer> buffers{
      {.bytes = 640, .begin = 0, .end = 9}, {.bytes = 320, .begin = 0, .end = 4}, {.bytes = 128, .begin = 5, .end = 9}};
  EXPECT_EQ(assignOffsets(buffers, true).bytes, 960);
  EXPECT_EQ(buffers[1].offset, 640);
  EXPECT_EQ(buffers[2].offset, 640);
}

} // namespace
} // namespace gan::test
