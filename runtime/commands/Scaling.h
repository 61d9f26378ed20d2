// What an iteration would take on many ranks: the measured times of its calls, and a model of the network between the
// ranks. For `bench --scaling`.
#pragma once

#include "runtime/commands/Profile.h"

namespace ganrt {

/// The network of a rank.
struct NetworkLink {
  double bytesEachSecond; ///< that a rank sends, and as many that it receives
  double latency;         ///< seconds until a small message has come
  double copying;         ///< seconds in which a rank's thread moves a byte between its memory and the network
};

/// An iteration on some ranks.
struct ScaledStep {
  int ranks;
  double seconds;   ///< of an iteration
  double waiting;   ///< seconds of it in which the calls wait for other ranks
  double onTheWire; ///< bytes that a rank sends
};

/// Walks over the calls of an iteration. What crosses the ranks begins behind the call that completes it, one thing
/// after the other over the link, and the call that needs it waits. `profile`: of `steps` iterations on one rank.
ScaledStep scaledStep(const gan_graph &table, const Profile &profile, int64_t steps, const NetworkLink &link,
                      int ranks);

/// For 1, 2, 4, .. 1,024 ranks.
std::vector<ScaledStep> scaledSteps(const gan_graph &table, const Profile &profile, int64_t steps,
                                    const NetworkLink &link);
std::string scalingText(const std::vector<ScaledStep> &steps, uint32_t batch, const NetworkLink &link);
Json scalingJson(const std::vector<ScaledStep> &steps, uint32_t batch);

} // namespace ganrt
