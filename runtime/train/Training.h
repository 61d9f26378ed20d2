// A run of training: performs the remaining iterations and writes their results to the run folder. Everything in
// metrics, pictures and checkpoints follows from the program, the options and the number of the iteration, so that a
// run that was stopped and resumed leaves the same bytes.
#pragma once

#include "runtime/base/Interrupt.h"
#include "runtime/base/Progress.h"
#include "runtime/base/Stopwatch.h"
#include "runtime/data/Feed.h"
#include "runtime/data/TrainingData.h"
#include "runtime/program/CallTimes.h"
#include "runtime/program/RunOptions.h"
#include "runtime/train/Checkpoints.h"
#include "runtime/train/Following.h"
#include "runtime/train/Losses.h"
#include "runtime/train/Plateaus.h"
#include "runtime/train/RunLog.h"
#include "runtime/train/Showing.h"

namespace ganrt {

struct TrainOptions {
  RunOptions run;
  DataOptions data;
  CheckpointPolicy checkpoints;
  std::string out, resume, warmStart;
  Words load;                 ///< BLOCK=FILE: blocks that start from the tensors of a file
  std::string onNan = "stop"; ///< or "continue"
  int64_t epochs = 0, steps = 0, pictures = 64;
  double seconds = 0;
  bool force = false, partial = false;
  Output output = Output::Auto;
};

/// A run as it starts. The objects that it refers to must outlive the training.
struct Run {
  Session session;
  const TrainOptions &options;
  const TrainingData &data;
  RunFolder &folder;
  CheckpointInfo start;       ///< that of the loaded checkpoint; its `training` is null if training starts anew
  uint64_t total;             ///< number of iterations at the end of the run
  const Interrupt &interrupt; ///< made before the run folder, so that a signal cannot leave that unfinished
};

class Training {
public:
  explicit Training(Run run);
  /// Trains to the end. Returns the exit status.
  int run();
  /// If set, called after each iteration.
  std::function<void()> between;
  const Stopwatch &time() const { return spent; }
  uint64_t iterations() const { return moment.iteration; }

private:
  void tellAgain();
  void iterate();
  bool endEpoch();
  void tell(const Json &epoch);
  void lookAtPlateaus(const Json &epoch);
  std::function<void()> drawPictures(uint64_t epoch);
  int finish();
  int interrupted(const CheckpointInfo &info);
  void logIteration(bool saves);
  void showProgress();
  void writeRecent();
  void saveLater();
  CheckpointInfo checkpointInfo() const;
  void checkFinite(bool whole);
  [[noreturn]] void stopNotFinite();
  bool outOfTime() const;
  void tellRanks(Together next);
  void checkRanks();
  uint64_t ranks() const { return given.session.ranks ? uint64_t(given.session.ranks->size()) : 1; }
  /// Seconds in which this process has waited for other ranks; nothing if it is alone.
  std::optional<double> waited() const {
    return given.session.ranks ? std::optional(given.session.ranks->waited()) : std::nullopt;
  }
  int signal() const { return given.interrupt.came() ? given.interrupt.signal() : othersSignal; }
  bool epochIsDue() const { return moment.iteration % moment.epochIterations == 0 && !losses.epoch.empty(); }

  const Run given;
  const gan_program &program;
  Moment moment;
  Graph graph;
  std::optional<Feed> feed;
  Losses losses;
  CallTimes callTimes;
  Stopwatch spent;
  RunLog log;
  Showing showing;
  Checkpoints checkpoints;
  Plateaus plateaus;
  Progress progress;
  int othersSignal = 0; ///< the signal that came to another rank
  bool told = false;    ///< whether the user was warned that something is not finite
};

} // namespace ganrt
