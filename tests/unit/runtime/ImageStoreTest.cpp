// Tests that images that do not fit into memory come back from the disk unchanged.
#include "runtime/data/ImageStore.h"
#include "runtime/base/Error.h"
#include "runtime/data/Dataset.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <thread>

namespace ganrt {
namespace {

std::vector<uint8_t> image(size_t i, size_t bytes) {
  std::vector<uint8_t> out(bytes);
  for (size_t k = 0; k < bytes; ++k)
    out[k] = uint8_t(i * 31 + k * 7);
  return out;
}

TEST(ImageStore, GivesBackWhatWasAppended) {
  for (size_t bytes : {1, 3, 784, 3000001})                // less and more than a block
    for (size_t budget : {0, 1, 5000, 3000002, 1 << 30}) { // room for nothing, hardly anything, some, all
      ImageStore store(bytes, budget);
      size_t count = bytes > 1000 ? 5 : 9000;
      for (size_t i = 0; i < count; ++i)
        store.append(image(i, bytes).data());
      EXPECT_EQ(store.count(), count);
      EXPECT_EQ(store.inMemory(), std::min(count, budget / bytes)) << bytes << " " << budget;
      std::vector<uint8_t> buffer;
      for (size_t i = 0; i<count; i += bytes> 1000 ? 1 : 97) {
        std::vector<uint8_t> expected = image(i, bytes);
        const uint8_t *got = store.view(i, buffer);
        ASSERT_TRUE(std::equal(expected.begin(), expected.end(), got)) << bytes << " " << budget << " " << i;
      }
    }
}

TEST(ImageStore, IsReadByThreadsAtOnce) {
  ImageStore store(100, 1000);
  for (size_t i = 0; i < 60000; ++i)
    store.append(image(i, 100).data());
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      std::vector<uint8_t> buffer;
      for (size_t k = 0; k < 5000; ++k) {
        size_t i = (k * 7919 + t * 13) % 60000;
        std::vector<uint8_t> expected = image(i, 100);
        wrong[t] += !std::equal(expected.begin(), expected.end(), store.view(i, buffer));
      }
    });
  for (std::thread &t : threads)
    t.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

TEST(ImageStore, SaysWhereTheDiskIsNoUse) {
  setenv("TMPDIR", "/nowhere", 1);
  ImageStore store(10, 0);
  EXPECT_THROW(store.append(image(0, 10).data()), UserError);
  unsetenv("TMPDIR");
}

} // namespace
} // namespace ganrt
