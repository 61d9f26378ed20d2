// The folder of a run. It appears under its name with its configuration already in it, is never overwritten by
// accident, and belongs to one trainer at a time.
//
//   config.json  metrics.jsonl  timings.jsonl  report.html  events.out.tfevents.*
//   samples/  reconstructions/  traversals/  checkpoints/
#pragma once

#include "runtime/Options.h"

namespace ganrt {

class RunFolder {
public:
  enum class Start { New, Replace, Resume };
  /// New: makes it; throws UserError where a run is there already. Replace: what is there must be a run, and goes away
  /// only when begin() is called. Resume: a run must be there.
  /// `config`: of a new run.
  RunFolder(const std::string &path, Start start, const Json &config);
  /// Takes a new folder away again where begin() was not reached.
  ~RunFolder();
  RunFolder(const RunFolder &) = delete;
  RunFolder &operator=(const RunFolder &) = delete;

  /// Everything that may be wrong with the input has been seen; from now on the folder stays.
  void begin();
  /// A folder in it, made where it is missing; not the run folder itself, which may have been taken away.
  std::string inside(const std::string &name) const;
  /// Written whole.
  void writeConfig(const Json &config);
  Json config() const;
  const std::string &path() const { return folder; }
  std::string file(const std::string &name) const { return folder + "/" + name; }

private:
  void makeBeside(const Json &config);
  void publish();
  void lock();

  std::string folder, beside; ///< beside: where a new one is made until it is published
  bool made = false;          ///< by this process, and not yet to stay
  int locked = -1;
};

} // namespace ganrt
