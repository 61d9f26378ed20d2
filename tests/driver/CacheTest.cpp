// Tests a cache that several ganc use at once: entries may disappear at any time.
#include "compiler/driver/Cache.h"
#include "tests/oracles/Program.h"

#include <atomic>
#include <filesystem>
#include <fstream>
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

TEST(SharedCache, LeavesAloneWhatAnotherIsWriting) {
  std::string folder = freshFolder("shared-cache-writing"), place = folder + "/objects/k";
  std::filesystem::create_directories(place);
  std::string writing = place + "/.ganc-AbCdEf", damaged = place + "/" + std::string(32, 'a');
  std::ofstream(writing) << "half";
  std::ofstream(damaged) << "not what its name says";
  Cache cache(folder);
  EXPECT_FALSE(cache.find("k"));
  cache.shrink(0);
  EXPECT_TRUE(std::filesystem::exists(writing));
  EXPECT_FALSE(std::filesystem::exists(damaged));
  std::filesystem::last_write_time(writing, std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  cache.shrink(0);
  EXPECT_FALSE(std::filesystem::exists(writing)); // left behind by a ganc that was killed
}

} // namespace
} // namespace gan::test
