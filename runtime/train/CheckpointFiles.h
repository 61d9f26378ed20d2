// The checkpoints that lie in a run's folder: which is the newest, and which is whole where the newest is damaged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ganrt {

/// The run of a checkpoint RUN/checkpoints/NAME.safetensors; any other path is given back as it is.
std::string runOf(const std::string &path);

/// The checkpoint of a run that training got furthest with, whatever its name; nothing where there is none yet. Throws
/// UserError, which offers an older one, where that cannot be told because a file is damaged.
std::optional<std::string> newestCheckpoint(const std::string &run);

/// A checkpoint file as it is, or the newest of a run folder. Throws UserError where a folder has none.
std::string checkpointPath(const std::string &where);

/// "; RUN/checkpoints/step-00000300.safetensors, of iteration 300, is whole: give it in place of RUN", where `damaged`
/// is one of several of a run; else "".
std::string wholeInstead(const std::string &damaged);

/// Checkpoints beyond an iteration that the run goes on from, and those that do not tell theirs.
void removeLaterCheckpoints(const std::string &run, uint64_t iteration);

} // namespace ganrt
