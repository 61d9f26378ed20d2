// The losses and metrics of a run's iterations: averages for its log, smoothed values for the live line, and whether
// one was not finite.
#pragma once

#include "runtime/train/Averages.h"
#include "runtime/train/Smoothed.h"

#include <cmath>
#include <utility>

namespace ganrt {

struct Losses {
  explicit Losses(const gan_graph &graph) : recent(graph), epoch(graph), smoothed(graph) {}

  /// Of an observation of a loss or metric.
  void add(const gan_observation &o, const void *value) {
    recent.add(o, value);
    epoch.add(o, value);
    smoothed.add(o, value);
    if (o.kind == GAN_OBSERVE_LOSS)
      broken |= !std::isfinite(*static_cast<const float *>(value));
  }
  /// Whether a loss was not finite since this was asked last.
  bool wereBroken() { return std::exchange(broken, false); }

  Averages recent, epoch; ///< since the last line of metrics; of this epoch
  Smoothed smoothed;

private:
  bool broken = false;
};

} // namespace ganrt
