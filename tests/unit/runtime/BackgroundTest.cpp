// The thread that writes files while training goes on: its jobs keep their order, and their errors come out.
#include "runtime/base/Background.h"
#include "runtime/base/Error.h"

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <vector>

namespace ganrt {
namespace {

TEST(Background, JobsRunOneAfterTheOther) {
  Background background;
  std::vector<int> order;
  for (int i = 0; i < 20; ++i)
    background.start([&order, i] { order.push_back(i); });
  background.wait();
  EXPECT_FALSE(background.busy());
  ASSERT_EQ(order.size(), 20u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Background, AnErrorComesOutWhereTheJobIsWaitedForOnce) {
  Background background;
  background.start([] { throw UserError("the disk is full"); });
  EXPECT_THROW(background.wait(), UserError);
  EXPECT_NO_THROW(background.wait());
  background.start([] { throw UserError("again"); });
  EXPECT_THROW(background.start([] {}), UserError);
  std::atomic<bool> ran = false;
  background.start([&] { ran = true; });
  background.wait();
  EXPECT_TRUE(ran);
}

} // namespace
} // namespace ganrt
