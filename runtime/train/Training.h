// A run of training: iterations from where it stands to its end, with what they leave in the run folder. Everything
// that goes into metrics, pictures and checkpoints follows from the program, the options and the number of the
// iteration, so that a run that was stopped and resumed leaves the same bytes.
#pragma once

#include "runtime/base/Interrupt.h"
#include "runtime/base/Json.h"
#include "runtime/base/Progress.h"
#include "runtime/base/Stopwatch.h"
#include "runtime/data/Feed.h"
#include "runtime/data/TrainingData.h"
#include "runtime/program/CallTimes.h"
#include "runtime/program/RunOptions.h"
#include "runtime/report/EventFile.h"
#include "runtime/report/Report.h"
#include "runtime/report/TimesFile.h"
#include "runtime/train/Averages.h"
#include "runtime/train/Checkpoints.h"
#include "runtime/train/RunFolder.h"
#include "runtime/train/Showing.h"
#include "runtime/train/Smoothed.h"

namespace ganrt {

struct TrainOptions {
  RunOptions run;
  DataOptions data;
  CheckpointPolicy checkpoints;
  std::string out, resume, warmStart;
  std::string onNan = "stop"; ///< or "continue"
  int64_t epochs = 0, steps = 0, pictures = 64;
  double seconds = 0;
  bool force = false, partial = false;
  Output output = Output::Auto;
};

class Training {
public:
  /// `info`: what the state was loaded with; its `training` is null for one to be trained from the start. `interrupt`:
  /// watches since before there was a folder that a signal might leave unfinished.
  Training(const gan_program &program, const TrainOptions &options, const Numbers &numbers, const TrainingData &data,
           RunFolder &folder, State &state, const CheckpointInfo &info, uint64_t total, const Interrupt &interrupt);
  /// The exit status.
  int run();
  /// Called after each iteration, where set.
  std::function<void()> between;
  const Stopwatch &time() const { return spent; }
  uint64_t iterations() const { return moment.iteration; }

private:
  void describeRun();
  void tellAgain();
  void iterate();
  bool endEpoch();
  void tell(const Json &epoch);
  std::function<void()> drawPictures(uint64_t epoch);
  void writeEvents(const std::string &prefix, const Json &values);
  void append(LineFile &file, const Json &line);
  int finish();
  int interrupted(const CheckpointInfo &info);
  void logIteration(bool saves);
  void saveLater();
  CheckpointInfo checkpointInfo() const;
  void checkFinite(bool whole);
  [[noreturn]] void stopNotFinite();
  bool outOfTime() const;
  bool epochIsDue() const { return moment.iteration % moment.epochIterations == 0 && !epochAverages.empty(); }
  double elapsed() const;
  void writeRecent();
  void writeTime();
  void appendTimings(const Json &line);
  void report(RunStatus status);

  const gan_program &program;
  const TrainOptions &options;
  const Numbers &numbers;
  const TrainingData &data;
  RunFolder &folder;
  State &state;
  const gan_graph &table;
  Graph graph;
  std::optional<Feed> feed;
  Moment moment;
  uint64_t total;
  TimesKept before; ///< of the processes before this one
  LineFile metrics, timings;
  uint64_t timingsLines;
  EventFile events;
  Averages recentAverages, epochAverages;
  Smoothed smoothed; ///< for the live line
  CallTimes callTimes;
  Stopwatch spent;
  Lenient lenient;
  Showing showing;
  Checkpoints checkpoints;
  const Interrupt &interrupt;
  Progress progress;
  bool lossBroken = false, told = false;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::pair<uint64_t, double> timedAt;         ///< iteration and seconds of the last line of timings
  double reportedAt = -1e9, reportSeconds = 0; ///< when report.html was written, and how long that took
};

} // namespace ganrt
