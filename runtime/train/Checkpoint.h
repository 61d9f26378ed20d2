// A checkpoint holds the whole state as safetensors and, as metadata, what is needed to continue training from it.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/base/Text.h"
#include "runtime/data/Dataset.h"
#include "runtime/program/Moment.h"
#include "runtime/program/State.h"

namespace ganrt {

/// What a checkpoint holds besides its tensors.
struct CheckpointInfo { // NOLINT(bugprone-exception-escape): moving a Json throws nothing
  Moment moment;
  uint64_t seed = 0;
  std::string sourceHash; ///< hash of the model's source at the time; "" if unknown
  Json training;          ///< the state of the logs (see expectResumable); null if training cannot continue from here
  Words classes{};        ///< names of the classes that it was trained on, by number; none if the data has no names
  TableScheme table{};    ///< of the table that its data is bound to; empty if there is none
};

/// Reads only a checkpoint's metadata. Throws UserError with the path; it is a DamagedFile if the header is not whole.
CheckpointInfo readCheckpointInfo(const std::string &path);

/// How well a checkpoint must fit the model.
enum class Fit {
  Whole,  ///< it must have every tensor of the model, with its shape; a different source only gives a warning
  Exact,  ///< the same, for a command that has no option --partial to suggest
  Partial ///< tensors with the name and shape of one of the model's are loaded; the model's others keep their values
          ///< and are listed on stderr
};

/// Throws UserError if the metadata lacks what is needed to continue training of this program.
void expectResumable(const gan_program &program, const std::string &path, const CheckpointInfo &info);

/// Overwrites the state's tensors with those of the file. Throws UserError that lists what differs or, if the file is
/// damaged, suggests another checkpoint of the run. Prints a note if the file has no digests.
CheckpointInfo loadState(const gan_program &program, State &state, const std::string &path, Fit fit);

/// Writes a checkpoint, which appears only when it is whole and synced. Throws UserError with the path.
void saveState(const gan_program &program, const State &state, const std::string &path, const CheckpointInfo &info);

} // namespace ganrt
