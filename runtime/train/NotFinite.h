// Where a loss, gradient or parameter first stopped being finite. Training only looks at its losses and, now and then,
// at the parameters; the exact iteration and layer are found afterwards by training again from an earlier state.
#pragma once

#include "runtime/data/Feed.h"

namespace ganrt {

/// Whether all parameters and running statistics are finite. (What is not finite in the optimizer reaches them in its
/// step.)
bool finiteState(const gan_program &program, const State &state);

/// The first tensor of any kind that is not finite; "" where there is none.
std::string firstNotFinite(const gan_program &program, const State &state);

/// What the replay needs.
struct Replay {
  Session session;     ///< its state, of an earlier iteration, changes
  const Dataset &data; ///< of no images for a model that reads none
  bool flip;
  Moment moment;  ///< of the state at the start
  uint64_t until; ///< iteration by which it shows
};

/// Trains on from the session's state up to the iteration that makes something not finite; writes the state before
/// it and its inputs, as `trace` reads them, as before-nan.safetensors and before-nan-inputs.safetensors into `folder`.
/// Returns sentences that tell the iteration, objective, layer and place in the model.
std::string explainNotFinite(const Replay &replay, const std::string &folder);

} // namespace ganrt
