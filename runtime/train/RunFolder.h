// The folder of a run. It is a run's from the moment that its configuration is in it, which appears whole; it is never
// overwritten by accident, and belongs to one trainer at a time.
//
//   config.json  metrics.jsonl  timings.jsonl  report.html  events.out.tfevents.*
//   samples/  reconstructions/  traversals/  checkpoints/
#pragma once

#include "runtime/base/Json.h"

namespace ganrt {

class RunFolder {
public:
  enum class Start { New, Replace, Resume };
  /// Looks whether this can be; nothing is made or changed before begin(). New: throws UserError where a run is there
  /// already. Replace: what is there must be a run. Resume: a run must be there.
  RunFolder(const std::string &path, Start start);
  ~RunFolder();
  RunFolder(const RunFolder &) = delete;
  RunFolder &operator=(const RunFolder &) = delete;

  /// Everything that may be wrong with the input has been seen: the folder is made, or emptied of the run before, and
  /// gets its configuration.
  void begin(const Json &config);
  /// A folder in it, made where it is missing; not the run folder itself, which may have been taken away.
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
  int locked = -1; ///< descriptor of the folder
};

} // namespace ganrt
