// Tests schedules as text: a printed schedule can be read back, and every mistake is reported.
#include "compiler/codegen/schedules/Schedule.h"

#include <gtest/gtest.h>

namespace gan::test {
namespace {

const char *const whole[] = {
    "v2 map vec=8 task=4096",
    "v2 draw vec=16 task=0",
    "v2 reduction vec=8 task=1 blocks=4 lanes=8",
    "v2 contraction vec=16 task=64 rows=8 columns=32 unroll=4 by_rows=1 depth=0",
    "v2 convolution vec=8 task=2 rows=2 columns=16 unroll=2 by_rows=1 images=2 lines=3 algorithm=direct tile=1",
    "v2 convolution vec=8 task=2 rows=2 columns=2 unroll=2 by_rows=1 images=2 lines=0 algorithm=points tile=1",
    "v2 convolution vec=8 task=2 rows=2 columns=16 unroll=2 by_rows=1 images=2 lines=0 algorithm=winograd tile=4",
    "v2 gpu_map vec=4 threads=64",
    "v2 gpu_reduction blocks=4 lanes=8 results=16",
    "v2 gpu_product rows=8 columns=8 depth=8 row_threads=16 column_threads=16 parts=2 stages=2 wide=1",
};

std::string errorOf(const std::string &text) {
  std::string error;
  return parseSchedule(text, error) ? "" : error;
}

TEST(Schedule, WhatIsPrintedReadsBack) {
  for (std::string text : whole) {
    std::string error;
    std::optional<Schedule> schedule = parseSchedule(text, error);
    ASSERT_TRUE(schedule) << text << ": " << error;
    EXPECT_EQ(printSchedule(*schedule), text);
  }
}

TEST(Schedule, EveryFieldIsNeededOnce) {
  for (std::string text : whole)
    for (size_t at = text.find(' ', 3); at != std::string::npos; at = text.find(' ', at + 1)) {
      size_t end = std::min(text.find(' ', at + 1), text.size());
      std::string field = text.substr(at, end - at), name = field.substr(1, field.find('=') - 1), without = text;
      without.erase(at, end - at);
      EXPECT_EQ(errorOf(without), "`" + name + "` is missing") << without;
      EXPECT_EQ(errorOf(text + field), "`" + name + "` is given twice");
    }
}

TEST(Schedule, MistakesAreTold) {
  for (auto [text, error] : {
           std::pair("", "a schedule starts with its version, `v2`, not ``"),
           {"map vec=8 task=0", "a schedule starts with its version, `v2`, not `map`"},
           {"v1 map vec=8 task=0", "a schedule starts with its version, `v2`, not `v1`"},
           {"v2 loop vec=8", "unknown anchor `loop`"},
           {"v2 map vec=8 task=0 rows=4", "`rows=4` is no field of a map schedule"},
           {"v2 map vec=8 task", "`task` is no field of a map schedule"},
           {"v2 map vec=8x task=0", "`vec=8x` is no field of a map schedule"},
           {"v2 map vec= task=0", "`vec=` is no field of a map schedule"},
           {"v2 map vec=128 task=0", "`vec=128` is outside 1 to 64"},
           {"v2 map vec=99999999999999999999 task=0", "`vec=99999999999999999999` is no field of a map schedule"},
           {"v2 map vec=6 task=0", "vec must be a power of two"},
           {"v2 contraction vec=8 task=0 rows=4 columns=12 unroll=1 by_rows=1 depth=0",
            "columns must be a multiple of vec"},
           {"v2 contraction vec=8 task=0 rows=32 columns=64 unroll=1 by_rows=1 depth=0",
            "the register tile is larger than 64 vectors"},
           {"v2 convolution vec=8 task=2 rows=2 columns=16 unroll=2 by_rows=1 images=2 lines=3 algorithm=fourier "
            "tile=2",
            "`algorithm=fourier` is no field of a convolution schedule"},
           {"v2 convolution vec=8 task=2 rows=2 columns=16 unroll=2 by_rows=1 images=2 lines=3 algorithm=winograd "
            "tile=7",
            "`tile=7` is outside 1 to 6"},
           {"v2 gpu_product rows=8 columns=8 depth=24 row_threads=16 column_threads=16 parts=1 stages=2 wide=0",
            "the operands of a chunk need more than 48 KiB of shared memory"},
           {"v2 gpu_product rows=8 columns=1 depth=12 row_threads=4 column_threads=4 parts=1 stages=2 wide=0",
            "a thread would hold more than 16 elements of an operand's next chunk"},
           {"v2 gpu_product rows=8 columns=8 depth=8 row_threads=16 column_threads=16 parts=1 stages=3 wide=0",
            "`stages=3` is outside 1 to 2"},
       })
    EXPECT_EQ(errorOf(text), error) << text;
}

} // namespace
} // namespace gan::test
