// When and which checkpoints a run writes. A copy of the state is taken at once and written while training goes on.
//
//   last.safetensors           where to go on: now and then, and when the run is interrupted
//   step-00001200.safetensors  the newest --keep ends of epochs
//   best.safetensors           by --best, at ends of epochs
//   final.safetensors          the end of the run, in place of last
#pragma once

#include "runtime/base/Background.h"
#include "runtime/base/Files.h"
#include "runtime/train/Checkpoint.h"

#include <chrono>

namespace ganrt {

struct CheckpointPolicy {
  double seconds = 60; ///< between rolling checkpoints, by the clock
  int64_t keep = 0;
  std::string best; ///< "elbo", "min:error", "" for none
};

/// The metric that --best names, and its direction. Throws UserError where the model has no such loss or metric, or its
/// direction is not told.
struct BestMetric {
  std::string name; ///< "" for none
  bool maximize = false;
};
BestMetric bestMetric(const gan_program &program, const std::string &text);

class Checkpoints {
public:
  /// `folder`: that of the checkpoints. `metrics` is on the disk before each checkpoint that counts its lines.
  Checkpoints(const gan_program &program, const std::string &folder, const CheckpointPolicy &policy, LineFile &metrics);

  /// What a run that is resumed from the end of an epoch needs to have: it may have been killed before all files of
  /// this epoch were written.
  void restore(const State &state, const CheckpointInfo &info);

  /// Whether it is time for another `last`, and none is being written.
  bool due();
  /// last, written while training goes on.
  void later(const State &state, const CheckpointInfo &info);
  /// last, on the disk when it returns.
  void now(const State &state, const CheckpointInfo &info);
  /// step and best. `values`: {"train": {..}, "test": {..}} of the epoch. `before` is run before they are written, and
  /// where none is due too, while training goes on.
  void epoch(const State &state, CheckpointInfo info, const Json &values, std::function<void()> before);
  /// final, on the disk when it returns.
  void final(const State &state, const CheckpointInfo &info);

  /// The best value so far, to be put into checkpoints; null: none yet.
  const Json &best() const { return bestValue; }
  /// Until nothing is being written. Throws what went wrong.
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
  std::chrono::steady_clock::time_point rolled = std::chrono::steady_clock::now(); ///< when the last `last` was
  std::unique_ptr<State> copy; ///< on the CPU, where the other thread reads it
  Background writer;           ///< last: its thread ends before what it uses
};

} // namespace ganrt
