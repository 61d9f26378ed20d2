// Finds out where a loss, gradient or parameter first stopped being finite. Training itself only checks its losses and,
// now and then, the parameters. The exact iteration and layer are found afterwards by training again from an earlier
// state.
#pragma once

#include "runtime/data/Feed.h"

namespace ganrt {

/// Whether all parameters and running statistics are finite. (The optimizer's state need not be checked: it reaches the
/// parameters in the same step.)
bool finiteState(const gan_program &program, const State &state);

/// The name of the first tensor of any kind that is not finite; "" if there is none.
std::string firstNotFinite(const gan_program &program, const State &state);

/// What training again needs.
struct Replay {
  Session session;     ///< its state is that of an earlier iteration, and changes
  const Dataset &data; ///< has no images if the model reads none
  Augmentation augmentation;
  Moment moment;  ///< the moment of the initial state
  uint64_t until; ///< the iteration by which the failure was noticed
};

/// Trains from the session's state up to the iteration that makes something not finite. Writes the state before that
/// iteration and its inputs to `folder`, as before-nan.safetensors and before-nan-inputs.safetensors, which `trace`
/// reads. Returns sentences with the iteration, objective, layer and place in the model.
std::string explainNotFinite(const Replay &replay, const std::string &folder);

} // namespace ganrt
