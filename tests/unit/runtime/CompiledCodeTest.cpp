// Code that a driver compiled is kept up to a size: what was not used for longest goes.
#include "runtime/device/cuda/CompiledCode.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace fs = std::filesystem;

namespace ganrt::cuda {
namespace {

class CompiledCodes : public testing::Test {
protected:
  void SetUp() override {
    fs::remove_all(base);
    setenv("XDG_CACHE_HOME", base.c_str(), 1);
  }
  void TearDown() override { unsetenv("XDG_CACHE_HOME"); }

  /// Makes all entries that are there look as if they had last been used an hour ago.
  void anHourPasses() const {
    for (const auto &entry : fs::directory_iterator(base + "/ganc/driver"))
      fs::last_write_time(entry.path(), entry.last_write_time() - std::chrono::hours(1));
  }
  uint64_t bytes() const {
    uint64_t all = 0;
    for (const auto &entry : fs::directory_iterator(base + "/ganc/driver"))
      all += entry.file_size();
    return all;
  }

  const std::string base = testing::TempDir() + "ganc-compiled-code";
};

TEST_F(CompiledCodes, OldestOnesGo) {
  CompiledCode codes("sm_90, driver 1");
  for (int i = 0; i < 10; ++i) {
    codes.store("text " + std::to_string(i), std::string(1000, char('a' + i)));
    anHourPasses();
  }
  EXPECT_EQ(codes.find("text 0"), std::string(1000, 'a')); // it is used, and so becomes the newest
  codes.shrink();
  EXPECT_GT(bytes(), 10'000u) << "nothing has to go";
  codes.shrink(4200);
  EXPECT_LE(bytes(), 4200u);
  EXPECT_GT(bytes(), 3000u) << "too much went";
  EXPECT_TRUE(codes.find("text 0"));
  for (int i = 1; i < 10; ++i)
    EXPECT_EQ(codes.find("text " + std::to_string(i)).has_value(), i >= 7) << i;
}

TEST_F(CompiledCodes, WhatIsBeingWrittenStays) {
  CompiledCode codes("sm_90, driver 1");
  codes.store("text", "code");
  std::string writing = base + "/ganc/driver/.ganc-AbCdEf";
  std::ofstream(writing) << "half";
  codes.shrink(0);
  EXPECT_TRUE(fs::exists(writing));
  EXPECT_FALSE(codes.find("text"));
  fs::remove_all(base);
  codes.shrink(0); // a folder that is not there holds nothing
}

} // namespace
} // namespace ganrt::cuda
