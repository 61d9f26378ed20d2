// The logs that a run writes: metrics.jsonl, timings.jsonl, TensorBoard's file and the report page. A line that cannot
// be written is kept for later, and training goes on.
#pragma once

#include "runtime/base/Files.h"
#include "runtime/base/Lenient.h"
#include "runtime/report/EventFile.h"
#include "runtime/report/Report.h"
#include "runtime/report/TimesFile.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/RunFolder.h"

#include <chrono>

namespace ganrt {

class RunLog {
public:
  /// `device` is the name of what the run computes on, and `start` the checkpoint that the run continues from;
  /// `ranks` share a batch. Lines
  /// that were written after it are cut off.
  RunLog(const gan_program &program, const RunFolder &folder, const CheckpointInfo &start, std::string device,
         uint64_t ranks = 1);

  /// Writes the configuration and the model's source for TensorBoard.
  void describeRun();
  /// Writes a line of metrics.jsonl.
  void append(const Json &line);
  /// Adds the values to TensorBoard's curves named `prefix` + name.
  void curves(const std::string &prefix, uint64_t iteration, const Json &values);
  /// The lines of metrics.jsonl about this iteration.
  std::vector<Json> linesOf(uint64_t iteration) const;
  /// Writes a line of timings.jsonl with the speed since the last such line, and the share of that time in which other
  /// ranks were waited for; `waited`: the seconds of this process so far.
  void time(uint64_t iteration, std::optional<double> waited);
  /// Writes a line of timings.jsonl with the milliseconds of each call.
  void kernels(uint64_t iteration, const Json &calls);
  /// Starts measuring the speed from now on.
  void restartClock(uint64_t iteration, std::optional<double> waited) {
    timedAt = {iteration, elapsed()};
    waitedAt = waited.value_or(0);
  }
  /// Writes the report page. While the run goes on, this is done so seldom that it costs almost no time.
  void page(RunStatus status);

  /// Seconds of the run; `ofThisProcess` leaves out those of earlier processes.
  double elapsed() const { return before.elapsed + ofThisProcess(); }
  double ofThisProcess() const;
  uint64_t metricsBytes() const { return metrics.bytes(); }
  uint64_t timingsLines() const { return lines; }
  /// The file of metrics, which must be synced before a checkpoint that stores its length.
  LineFile &metricsFile() { return metrics; }

  Lenient lenient; ///< handles failures of work beside training
  EventFile events;

private:
  void appendTimings(Json line);

  const gan_program &program;
  const RunFolder &folder;
  std::string device;
  uint64_t batch;   ///< of all ranks
  TimesKept before; ///< times of earlier processes
  LineFile metrics, timings;
  uint64_t lines; ///< number of lines of timings
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::pair<uint64_t, double> timedAt;         ///< iteration and seconds at the last line with a speed
  double waitedAt = 0;                         ///< seconds waited then
  double reportedAt = -1e9, reportSeconds = 0; ///< when the page was last written, and how long that took
};

} // namespace ganrt
