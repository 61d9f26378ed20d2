// What a run writes down while it goes on: metrics.jsonl, timings.jsonl, TensorBoard's file and the page. A line that
// cannot be written waits, and training goes on.
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
  /// `start`: what the run goes on from. Lines that it does not count are cut.
  RunLog(const gan_program &program, const RunFolder &folder, const CheckpointInfo &start);

  /// The configuration and the model's text, for TensorBoard.
  void describeRun();
  /// A line of metrics.jsonl.
  void append(const Json &line);
  /// TensorBoard's curves `prefix` + name.
  void curves(const std::string &prefix, uint64_t iteration, const Json &values);
  /// The lines of metrics.jsonl that tell of this iteration.
  std::vector<Json> linesOf(uint64_t iteration) const;
  /// A line of timings.jsonl: how fast the run was since the last one.
  void time(uint64_t iteration);
  /// A line of timings.jsonl: milliseconds of each call.
  void kernels(uint64_t iteration, const Json &calls);
  /// Speed is counted from now on.
  void restartClock(uint64_t iteration) { timedAt = {iteration, elapsed()}; }
  /// The page; of a run that goes on seldom enough to cost next to nothing.
  void page(RunStatus status);

  /// Seconds of the run; `ofThisProcess` leaves out those of the processes before.
  double elapsed() const { return before.elapsed + ofThisProcess(); }
  double ofThisProcess() const;
  uint64_t metricsBytes() const { return metrics.bytes(); }
  uint64_t timingsLines() const { return lines; }
  /// On the disk, before a checkpoint that counts its lines.
  LineFile &metricsFile() { return metrics; }

  Lenient lenient; ///< with what may fail beside training
  EventFile events;

private:
  void appendTimings(const Json &line);

  const gan_program &program;
  const RunFolder &folder;
  TimesKept before; ///< of the processes before this one
  LineFile metrics, timings;
  uint64_t lines; ///< of timings
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::pair<uint64_t, double> timedAt;         ///< iteration and seconds of the last line of timings
  double reportedAt = -1e9, reportSeconds = 0; ///< when the page was written, and how long that took
};

} // namespace ganrt
