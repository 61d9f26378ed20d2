// Blocks whose tensors come from files when a training starts: frozen ones, and others that go on from what they have
// learned elsewhere.
#pragma once

#include "runtime/base/Text.h"
#include "runtime/program/State.h"

namespace ganrt {

/// Reads the tensors of each block that the model declares with `from`, and of each one that `chosen` names as
/// BLOCK=FILE, which goes before the model's file. A file holds them as BLOCK.1.weight, as a checkpoint does, or as
/// 1.weight, as the state_dict of a torch.nn.Sequential; what else it holds does not matter. Throws UserError that
/// names the file and lists what is missing or has another shape.
void loadBlocks(const gan_program &program, State &state, const Words &chosen);

} // namespace ganrt
