// Checkpoints: the whole state as safetensors, with what is needed to go on from it as metadata.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/base/Text.h"
#include "runtime/program/Moment.h"
#include "runtime/program/State.h"

namespace ganrt {

/// What a checkpoint holds beside its tensors.
struct CheckpointInfo { // NOLINT(bugprone-exception-escape): moving a Json throws nothing
  Moment moment;
  uint64_t seed = 0;
  std::string sourceHash; ///< of the model that it was trained with; "" where it is not told
  Json training;          ///< where logging stands (see TrainingRecord); null where training cannot go on from it
  Words classes{};        ///< names of the classes that it was trained on, by number; none where the data has none
};

/// Reads a checkpoint's metadata alone. Throws UserError with the path, DamagedFile where the header is not whole.
CheckpointInfo readCheckpointInfo(const std::string &path);

/// How a checkpoint must fit the model.
enum class Fit {
  Whole,  ///< every tensor of the model, with its shape; a different source is told as a warning
  Exact,  ///< the same for a command that has no --partial to suggest
  Partial ///< what has the name and shape of one of the model's; the rest keeps its values, and is listed on stderr
};

/// Throws UserError where the metadata does not tell where training of this program stood.
void expectResumable(const gan_program &program, const std::string &path, const CheckpointInfo &info);

/// Overwrites the state's tensors by the file's. Throws UserError that lists what differs, or that offers another
/// checkpoint of the run where this one is damaged. A file without digests is told as a note.
CheckpointInfo loadState(const gan_program &program, State &state, const std::string &path, Fit fit);

/// Written beside, synced, renamed; the folder synced. Throws UserError with the path.
void saveState(const gan_program &program, const State &state, const std::string &path, const CheckpointInfo &info);

} // namespace ganrt
