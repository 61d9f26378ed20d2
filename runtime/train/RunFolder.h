// The folder of a run. A folder counts as a run's as soon as it has a configuration, which appears only when it is
// whole. The folder is never overwritten by accident, and belongs to one trainer at a time.
//
//   config.json  metrics.jsonl  timings.jsonl  quality.json  report.html  events.out.tfevents.*
//   samples/  reconstructions/  traversals/  checkpoints/
#pragma once

#include "runtime/base/Json.h"

namespace ganrt {

class RunFolder {
public:
  enum class Start { New, Replace, Resume };
  /// Checks whether the folder can be used; nothing is made or changed before begin(). Throws UserError if not: for
  /// New, there must be no run yet; for Replace, whatever is there must be a run; for Resume, there must be a run.
  RunFolder(const std::string &path, Start start);
  ~RunFolder();
  RunFolder(const RunFolder &) = delete;
  RunFolder &operator=(const RunFolder &) = delete;

  /// Makes the folder, or removes the previous run's results from it, and writes the configuration. To be called when
  /// all input has been checked.
  void begin(const Json &config);
  /// The path of a sub-folder, which is made if it is missing. The run folder itself is not made again if somebody has
  /// removed it.
  std::string inside(const std::string &name) const;
  Json config() const;
  const std::string &path() const { return folder; }
  std::string file(const std::string &name) const { return folder + "/" + name; }

private:
  void makeNew();
  void lock();
  void removeUnfinished() const;
  void writeConfig(const Json &config);

  std::string folder;
  Start start;
  int locked = -1; ///< descriptor of the locked folder
};

} // namespace ganrt
