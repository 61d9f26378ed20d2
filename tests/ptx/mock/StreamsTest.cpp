// Work waits in its stream until something waits for it.
#include "tests/ptx/mock/Loaded.h"

namespace ptx::mock::test {
namespace {

using Floats = std::vector<float>;

struct Two : Card {
  Two() {
    for (CUstream *stream : {&first, &second})
      EXPECT_EQ(cuStreamCreate(stream, CU_STREAM_NON_BLOCKING), 0);
    for (float **words : {&from, &to})
      EXPECT_EQ(cuMemHostAlloc(reinterpret_cast<void **>(words), 8, 0), 0);
    from[0] = 1, from[1] = 2, to[0] = to[1] = 0;
  }
  CUstream first = nullptr, second = nullptr;
  float *from = nullptr, *to = nullptr; ///< pinned
};

TEST(MockStreams, CopiesReadAndWriteWhenTheirTurnComes) {
  Two card;
  CUdeviceptr a = card.allocate(2);
  EXPECT_EQ(card.cuMemcpyHtoDAsync_v2(a, card.from, 8, card.first), 0);
  EXPECT_EQ(card.launch("sum", 2, {a, a, a}, card.first), 0);
  EXPECT_EQ(card.cuMemcpyDtoHAsync_v2(card.to, a, 8, card.first), 0);
  card.from[1] = 5; // too early: the copy has not read it
  EXPECT_EQ(card.to[0], 0);
  EXPECT_EQ(card.cuStreamSynchronize(card.first), 0);
  EXPECT_EQ(card.to[0], 2);
  EXPECT_EQ(card.to[1], 10);
}

TEST(MockStreams, MemoryThatIsNotPinnedIsCopiedByTheCall) {
  Two card;
  CUdeviceptr a = card.allocate(2);
  Floats from{3, 4}, to{0, 0};
  EXPECT_EQ(card.cuMemcpyHtoDAsync_v2(a, from.data(), 8, card.first), 0);
  from[0] = 9;
  EXPECT_EQ(card.cuMemcpyDtoHAsync_v2(to.data(), a, 8, card.first), 0);
  EXPECT_EQ(to, (Floats{3, 4}));
}

TEST(MockStreams, SynchronousCopiesDoNotWaitForStreamsThatDoNotBlock) {
  Two card;
  CUstream blocking = nullptr;
  EXPECT_EQ(card.cuStreamCreate(&blocking, 0), 0);
  CUdeviceptr a = card.of({0, 0}), b = card.of({0, 0});
  EXPECT_EQ(card.cuMemcpyHtoDAsync_v2(a, card.from, 8, card.first), 0);
  EXPECT_EQ(card.cuMemcpyHtoDAsync_v2(b, card.from, 8, blocking), 0);
  EXPECT_EQ(card.at(a, 2), (Floats{0, 0}));
  EXPECT_EQ(card.at(b, 2), (Floats{1, 2}));
  EXPECT_EQ(card.cuCtxSynchronize(), 0);
  EXPECT_EQ(card.at(a, 2), (Floats{1, 2}));
}

TEST(MockStreams, TheDefaultStreamTakesTurnsWithOthers) {
  Two card;
  CUstream blocking = nullptr;
  EXPECT_EQ(card.cuStreamCreate(&blocking, 0), 0);
  CUdeviceptr a = card.of({0, 0});
  EXPECT_EQ(card.cuMemsetD8Async(a, 0, 8, blocking), 0);
  EXPECT_EQ(card.cuMemcpyHtoDAsync_v2(a, card.from, 8, nullptr), 0);
  EXPECT_EQ(card.launch("sum", 2, {a, a, a}, blocking), 0);
  EXPECT_EQ(card.cuStreamSynchronize(blocking), 0);
  EXPECT_EQ(card.at(a, 2), (Floats{2, 4}));
}

TEST(MockStreams, EventsOrderStreams) {
  Two card;
  CUevent event = nullptr;
  EXPECT_EQ(card.cuEventCreate(&event, 0), 0);
  CUdeviceptr a = card.allocate(2);
  EXPECT_EQ(card.cuEventQuery(event), 0); // never recorded
  EXPECT_EQ(card.cuMemcpyHtoDAsync_v2(a, card.from, 8, card.first), 0);
  EXPECT_EQ(card.cuEventRecord(event, card.first), 0);
  EXPECT_EQ(card.cuMemsetD8Async(a, 0, 4, card.first), 0); // after the event: nobody waits for it
  EXPECT_EQ(card.cuStreamWaitEvent(card.second, event, 0), 0);
  EXPECT_EQ(card.launch("sum", 2, {a, a, a}, card.second), 0);
  EXPECT_EQ(card.cuMemcpyDtoHAsync_v2(card.to, a, 8, card.second), 0);
  EXPECT_EQ(card.cuEventQuery(event), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(card.cuStreamSynchronize(card.second), 0);
  EXPECT_EQ(card.to[0], 2);
  EXPECT_EQ(card.cuEventQuery(event), 0);
}

TEST(MockStreams, EventsAreAskedForTwiceAtMost) {
  Two card;
  CUevent start = nullptr, end = nullptr;
  EXPECT_EQ(card.cuEventCreate(&start, 0), 0);
  EXPECT_EQ(card.cuEventCreate(&end, 0), 0);
  float milliseconds = -1;
  EXPECT_EQ(card.cuEventElapsedTime(&milliseconds, start, end), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(card.cuEventRecord(start, card.first), 0);
  EXPECT_EQ(card.cuEventRecord(end, card.first), 0);
  EXPECT_EQ(card.cuEventElapsedTime(&milliseconds, start, end), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(card.cuEventQuery(end), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(card.cuEventQuery(end), 0);
  EXPECT_EQ(card.cuEventElapsedTime(&milliseconds, start, end), 0);
  EXPECT_GE(milliseconds, 0);
}

TEST(MockStreams, ErrorsComeFromTheCallThatWaits) {
  Two card;
  CUdeviceptr a = card.allocate(2);
  EXPECT_EQ(card.launch("sum", 2, {a, a, a}, card.first), 0);
  EXPECT_EQ(card.cuStreamSynchronize(card.second), 0);
  EXPECT_EQ(card.cuStreamSynchronize(card.first), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_EQ(card.cuStreamSynchronize(card.second), CUDA_ERROR_ILLEGAL_ADDRESS);
}

} // namespace
} // namespace ptx::mock::test
