// Decides when a run writes which checkpoints. A copy of the state is taken at once and written while training goes on.
//
//   last.safetensors           to continue from: written now and then, and when the run is interrupted
//   step-00001200.safetensors  the ends of the last epochs, as many as --keep says
//   best.safetensors           the end of the epoch that is best by --best
//   final.safetensors          the end of the run, which replaces last
#pragma once

#include "runtime/base/Background.h"
#include "runtime/base/Files.h"
#include "runtime/train/Checkpoint.h"

#include <chrono>

namespace ganrt {

struct CheckpointPolicy {
  double seconds = 60; ///< seconds between rolling checkpoints
  int64_t keep = 0;
  std::string best;      ///< "elbo", "min:error"; "" for none
  int64_t stopAfter = 0; ///< the run ends after so many epochs of which none is the best; 0: it does not
};

/// The metric that --best names, and whether it is maximised. Throws UserError if the model has no such loss or metric,
/// or if its direction is unknown.
struct BestMetric {
  std::string name; ///< "" for none
  bool maximize = false;
};
BestMetric bestMetric(const gan_program &program, const std::string &text);

class Checkpoints {
public:
  /// `folder` is the folder of the checkpoints. `metrics` is synced before each checkpoint, which stores its length.
  Checkpoints(const gan_program &program, const std::string &folder, const CheckpointPolicy &policy, LineFile &metrics);

  /// Writes the missing checkpoints of an epoch when a run is resumed from its end: it may have been killed before all
  /// files of this epoch were written.
  void restore(const State &state, const CheckpointInfo &info);

  /// Whether it is time to write `last` again and nothing is being written.
  bool due();
  /// Writes `last` while training goes on.
  void later(const State &state, const CheckpointInfo &info);
  /// Writes `last`, which is on the disk when this returns.
  void now(const State &state, const CheckpointInfo &info);
  /// Writes `step` and `best` if they are due, while training goes on. `values` are {"train": {..}, "test": {..}} of
  /// the epoch. `before` runs first on the same thread, even if no checkpoint is due.
  void epoch(const State &state, CheckpointInfo info, const Json &values, std::function<void()> before);
  /// Writes `final`, which is on the disk when this returns.
  void final(const State &state, const CheckpointInfo &info);

  /// The best value so far, to be stored in checkpoints; null if there is none yet.
  const Json &best() const { return bestValue; }
  /// How many epochs have ended since the best one.
  uint64_t epochsSinceBest() const { return sinceBest; }
  /// Whether there were so many that the run is to end.
  bool exhausted() const { return policy.stopAfter > 0 && sinceBest >= uint64_t(policy.stopAfter); }
  /// Waits until nothing is being written. Throws the error if writing failed.
  void wait() { writer.wait(); }

private:
  void write(const State &state, const CheckpointInfo &info, const Words &names, std::function<void()> before = {});
  bool improves(const Json &values);
  void removeOld() const;

  const gan_program &program;
  std::string folder;
  CheckpointPolicy policy;
  LineFile &metrics;
  BestMetric metric;
  Json bestValue;
  uint64_t sinceBest = 0;
  std::chrono::steady_clock::time_point rolled = std::chrono::steady_clock::now(); ///< when `last` was last started
  std::unique_ptr<State> copy; ///< lies on the CPU, where the other thread reads it
  Background writer;           ///< declared last, so that its thread ends before the members that it uses are destroyed
};

} // namespace ganrt
