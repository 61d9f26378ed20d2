#include "runtime/train/CheckpointFiles.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Safetensors.h"
#include "runtime/train/Checkpoint.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <tuple>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

struct Found {
  std::string path;
  uint64_t iteration;
  int rank;           ///< order among the checkpoints of one iteration
  std::string damage; ///< what is wrong; "" if the header is whole
};

/// Ranks checkpoints of one iteration by their names. Those of epochs also count the epoch's lines of the metrics.
/// `final` comes first because it says that training was complete; for an incomplete last epoch only `last` and `final`
/// tell how far training had come.
int rankOf(const std::string &stem) { return stem == "final" ? 2 : stem == "last" ? 1 : 0; }

/// The iteration in a file's name. Without one the file may be the newest, so this returns the largest number.
uint64_t iterationOfName(const std::string &stem) {
  uint64_t iteration = UINT64_MAX;
  if (stem.starts_with("step-"))
    std::from_chars(stem.data() + 5, stem.data() + stem.size(), iteration);
  return iteration;
}

std::vector<fs::path> filesOf(const std::string &run) {
  std::string folder = run + "/checkpoints";
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".safetensors")
      paths.push_back(it->path());
  if (error && error != std::errc::no_such_file_or_directory)
    throw UserError(folder + ": cannot be read: " + error.message());
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// The checkpoints that training can continue from, and all that are called `last` or `final`, the newest first.
std::vector<Found> checkpointsOf(const std::string &run) {
  std::vector<Found> found;
  for (const fs::path &path : filesOf(run)) {
    std::string stem = path.stem();
    if (stem.starts_with("before-nan")) // these are for inspection, not for continuing
      continue;
    try {
      CheckpointInfo info = readCheckpointInfo(path);
      if (info.training.is_object() || rankOf(stem))
        found.push_back({path, info.moment.iteration, rankOf(stem), ""});
    } catch (const DamagedFile &e) {
      found.push_back({path, iterationOfName(stem), rankOf(stem), e.what()});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Found &a, const Found &b) {
    return std::tie(a.iteration, a.rank) > std::tie(b.iteration, b.rank);
  });
  return found;
}

bool isWhole(const std::string &path) {
  try {
    TensorReader(path).verify();
    return true;
  } catch (const UserError &) {
    return false;
  }
}

} // namespace

std::string runOf(const std::string &path) {
  fs::path folder = fs::path(path).parent_path();
  if (!path.ends_with(".safetensors") || folder.filename() != "checkpoints")
    return path;
  return folder.has_parent_path() ? folder.parent_path().string() : ".";
}

std::optional<std::string> newestCheckpoint(const std::string &run) {
  std::vector<Found> found = checkpointsOf(run);
  if (found.empty())
    return std::nullopt;
  if (!found[0].damage.empty())
    throw UserError(found[0].damage + wholeInstead(found[0].path));
  return found[0].path;
}

std::string checkpointPath(const std::string &where) {
  if (!fs::is_directory(where))
    return where;
  if (std::optional<std::string> newest = newestCheckpoint(where))
    return *newest;
  throw UserError(where + (pathExists(where + "/config.json")
                               ? ": the run has no checkpoint yet; training writes one every --save-every seconds, and "
                                 "when it ends or is interrupted"
                               : ": is a folder, but not that of a run; a checkpoint is a .safetensors file or a run "
                                 "folder that train --out has made"));
}

std::string wholeInstead(const std::string &damaged) {
  std::string run = runOf(damaged);
  if (run == damaged)
    return "";
  std::error_code error;
  for (const Found &f : checkpointsOf(run))
    if (f.damage.empty() && !fs::equivalent(f.path, damaged, error) && isWhole(f.path))
      return "; " + f.path + ", of iteration " + std::to_string(f.iteration) + ", is whole: give it in place of " +
             run + " (train --resume or --warm-start, --checkpoint)";
  return "; the run has no other checkpoint that is whole";
}

void removeLaterCheckpoints(const std::string &run, uint64_t iteration) {
  std::error_code error;
  for (const Found &f : checkpointsOf(run))
    if (f.iteration > iteration)
      fs::remove(f.path, error);
}

} // namespace ganrt
