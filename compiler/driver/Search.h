// Looks for a better schedule of one kernel by measuring: from the best one so far to its neighbours, each held against
// it by turns, until none is better or the time is over.
#pragma once

#include "compiler/driver/MeasureKernel.h"
#include "compiler/tuning/Records.h"

#include <chrono>
#include <functional>
#include <random>

namespace gan {

struct Trial {
  std::string word; ///< what went wrong: a word of Records; "" if it works
  double ms = 0;    ///< the best time of a call
};

/// Measures kernels on this machine.
class Measurer {
public:
  Measurer(const KernelTarget &processor, const Cache &cache, int64_t threads);
  /// Runs it for so many seconds; results are held against those of the default schedule, which is measured first.
  Trial trial(const KernelJob &job, const Schedule &schedule, double seconds);

private:
  Measurement measure(const KernelJob &job, const Schedule &schedule, double seconds);

  KernelTarget processor;
  Cache cache;
  MeasureOptions options;
  std::string kernel, expected; ///< the kernel that was measured last, and its results under the default schedule
};

struct SearchLimits {
  std::chrono::steady_clock::time_point end;
  int64_t registers = 16;
  std::function<void(const Winner &, int tried)> progress; ///< after each candidate
};

/// The best schedule that is found, with its time and that of the default, or nothing if the default cannot be
/// measured. Begins with what the records know and adds failures to them.
std::optional<Winner> searchSchedule(const KernelJob &job, const TunedKernel &name, Records &records,
                                     Measurer &measurer, const SearchLimits &limits, std::mt19937_64 &random);

} // namespace gan
