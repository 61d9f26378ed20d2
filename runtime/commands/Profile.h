// What `bench --profile` tells of each call of a graph: its time, and how far it is from what the machine can do.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/commands/Roofline.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ganrt {

/// The calls of a graph as they were timed in some iterations.
struct Profile {
  explicit Profile(const gan_graph &table) : seconds(table.num_calls), counts(table.num_calls) {}
  void add(uint32_t call, double time) {
    seconds[call] += time;
    ++counts[call];
  }

  std::vector<double> seconds;  ///< of each call, in all iterations
  std::vector<uint64_t> counts; ///< how often each ran
};

/// Seconds that an iteration would take if each call took what its kernel must take at least.
double boundOfStep(const gan_program &program, const gan_graph &table, const Profile &profile, int64_t steps,
                   const Roofline &roofline);

/// The slowest call first, as a table; without `roofline`, as for a GPU, only times and rates.
std::string profileText(const gan_program &program, const gan_graph &table, const Profile &profile, int64_t steps,
                        const Roofline *roofline);
/// [{"label", "kernel", "anchor", "line", "schedule", "us", "share", "gflops", "gbytes", "bound_us", "bound_by"}], the
/// slowest call first; the last two only with `roofline`.
Json profileJson(const gan_program &program, const gan_graph &table, const Profile &profile, int64_t steps,
                 const Roofline *roofline);
/// {"peak_gflops", "bandwidths": [{"mib", "gbytes"}]}
Json rooflineJson(const Roofline &roofline);

} // namespace ganrt
