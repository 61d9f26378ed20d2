// A cache that several ganc use at once: entries may go away under one's hands.
#include "compiler/driver/Cache.h"
#include "tests/oracles/Program.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace gan::test {
namespace {

TEST(SharedCache, ShrinksWhileOthersStoreAndShrink) {
  std::string folder = freshFolder("shared-cache");
  std::atomic<bool> stopping{false};
  std::vector<std::thread> others;
  for (int t = 0; t < 2; ++t)
    others.emplace_back([&, t] {
      Cache cache(folder);
      for (int i = 0; !stopping; ++i) {
        std::string key = "k" + std::to_string((i * 7 + t) % 40);
        cache.store(key, std::string(100, char('a' + i % 26)));
        cache.find(key);
        if (i % 5 == 0)
          cache.shrink(500);
      }
    });
  Cache cache(folder);
  for (int i = 0; i < 300; ++i)
    EXPECT_NO_THROW(cache.shrink(i % 2 ? 0 : 1000));
  stopping = true;
  for (std::thread &t : others)
    t.join();
  cache.shrink(0);
  EXPECT_FALSE(cache.find("k0"));
  cache.store("k0", "content");
  EXPECT_EQ(cache.find("k0"), "content");
}

} // namespace
} // namespace gan::test
