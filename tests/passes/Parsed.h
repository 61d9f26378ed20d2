// Schedules of tests, written as their text.
#pragma once

#include "compiler/codegen/schedules/Schedule.h"

#include <gtest/gtest.h>

namespace gan::test {

inline Schedule parsed(const std::string &text) {
  std::string error;
  std::optional<Schedule> schedule = parseSchedule(text, error);
  EXPECT_TRUE(schedule) << error;
  return schedule.value_or(Schedule());
}

} // namespace gan::test
