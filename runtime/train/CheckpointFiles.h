// Looks through the checkpoints in a run's folder: which is the newest, and which one is whole if that is damaged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ganrt {

/// The run folder RUN of a checkpoint RUN/checkpoints/NAME.safetensors; any other path is returned unchanged.
std::string runOf(const std::string &path);

/// The checkpoint of a run with the most training, whatever its name; nothing if there is none yet. Throws UserError
/// that suggests an older one if the newest cannot be determined because a file is damaged.
std::optional<std::string> newestCheckpoint(const std::string &run);

/// Returns the path of a checkpoint file unchanged, and for a run folder its newest checkpoint. Throws UserError if a
/// folder has none.
std::string checkpointPath(const std::string &where);

/// "; RUN/checkpoints/step-00000300.safetensors, of iteration 300, is whole: give it in place of RUN", or that there is
/// none. Returns "" if `damaged` does not lie in a run's folder.
std::string wholeInstead(const std::string &damaged);

/// Removes the checkpoints of iterations after `iteration`, from which the run continues, and those whose iteration is
/// unknown.
void removeLaterCheckpoints(const std::string &run, uint64_t iteration);

} // namespace ganrt
