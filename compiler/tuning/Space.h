// The schedules that a tuner can try: those that differ from a known one in one field, or in the algorithm.
#pragma once

#include "compiler/codegen/schedules/Schedule.h"

#include <vector>

namespace gan {

/// Schedules near `schedule` that are valid and whose register tile fits into `registers` vector registers, in always
/// the same order.
std::vector<Schedule> neighbours(const Schedule &schedule, int64_t registers);

} // namespace gan
