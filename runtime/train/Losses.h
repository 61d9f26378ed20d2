// Collects the losses and metrics of a run's iterations: averages for the log, smoothed values for the live line, and
// whether a loss was not finite.
#pragma once

#include "runtime/train/Averages.h"
#include "runtime/train/Smoothed.h"

#include <cmath>
#include <utility>

namespace ganrt {

struct Losses {
  explicit Losses(const gan_graph &graph) : recent(graph), epoch(graph), smoothed(graph) {}

  /// Adds the value of an observation of a loss or metric.
  void add(const gan_observation &o, const void *value) {
    recent.add(o, value);
    epoch.add(o, value);
    smoothed.add(o, value);
    if (o.kind == GAN_OBSERVE_LOSS)
      broken |= !std::isfinite(*static_cast<const float *>(value));
  }
  /// Whether a loss was not finite since the last call.
  bool wereBroken() { return std::exchange(broken, false); }

  Averages recent, epoch; ///< since the last line of metrics, and over this epoch
  Smoothed smoothed;

private:
  bool broken = false;
};

} // namespace ganrt
