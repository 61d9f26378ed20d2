// Tests loops of tasks: each task runs once, whichever thread runs it, also while other loops are offered, inside
// another task, and with many more threads than cores.
#include "runtime/device/Threads.h"

#include <functional>
#include <gtest/gtest.h>

namespace ganrt {
namespace {

/// A task that calls the function of a test.
int callFunction(void *, int number, uint8_t *closure) {
  return (*reinterpret_cast<const std::function<int(int)> *>(closure))(number);
}
uint8_t *closureOf(std::function<int(int)> &function) { return reinterpret_cast<uint8_t *>(&function); }

TEST(Threads, RunEachTaskOnce) {
  for (int count : {1, 2, 3, 9}) {
    Threads threads;
    threads.start(count);
    for (int round = 0; round < 2000; ++round) {
      int size = round % 23, first = round % 5;
      std::vector<std::atomic<int>> ran(40);
      std::function<int(int)> task = [&](int number) { return ++ran[size_t(number)], 0; };
      EXPECT_EQ(threads.run(callFunction, first, size, closureOf(task)), 0);
      for (int i = 0; i < int(ran.size()); ++i)
        ASSERT_EQ(ran[size_t(i)], i >= first && i < first + size) << i << " of " << size << ", " << count << " threads";
    }
  }
}

TEST(Threads, ATaskMayRunALoop) {
  Threads threads;
  threads.start(4);
  std::atomic<int> ran = 0;
  std::function<int(int)> inner = [&](int) { return ++ran, 0; };
  std::function<int(int)> outer = [&](int) { return threads.run(callFunction, 0, 7, closureOf(inner)); };
  threads.run(callFunction, 0, 50, closureOf(outer));
  EXPECT_EQ(ran, 350);
}

TEST(Threads, ALoopTellsThatATaskFailed) {
  for (int count : {1, 3}) {
    Threads threads;
    threads.start(count);
    std::function<int(int)> task = [&](int number) { return number == 6 ? -7 : 0; };
    EXPECT_EQ(threads.run(callFunction, 0, 10, closureOf(task)), -7);
    EXPECT_EQ(threads.run(callFunction, 0, 6, closureOf(task)), 0);
  }
}

TEST(Threads, WhatATaskThrowsComesOut) {
  kernelThreads().start(3);
  std::atomic<int> ran = 0;
  inParallel(20, [&](size_t) { ++ran; });
  EXPECT_EQ(ran, 20);
  EXPECT_THROW(inParallel(20, [](size_t number) { number == 7 ? throw std::bad_alloc() : void(); }), std::bad_alloc);
  kernelThreads().start(1);
}

TEST(Threads, RunWhatIsOfferedBesideOtherLoops) {
  for (int count : {1, 2, 5}) {
    Threads threads;
    threads.start(count);
    for (int round = 0; round < 500; ++round) {
      std::vector<std::atomic<int>> offered(13);
      std::atomic<int> ran = 0;
      std::function<int(int)> aside = [&](int number) { return ++offered[size_t(number)], 0; };
      std::function<int(int)> task = [&](int) { return ++ran, 0; };
      threads.offer(callFunction, int(offered.size()), closureOf(aside));
      for (int loop = 0; loop < 3; ++loop)
        threads.run(callFunction, 0, 4, closureOf(task));
      threads.finishOffered();
      EXPECT_EQ(ran, 12);
      for (const std::atomic<int> &each : offered)
        ASSERT_EQ(each, 1);
    }
  }
}

} // namespace
} // namespace ganrt
