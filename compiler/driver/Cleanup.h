// Cleans up what must not outlive ganc: child processes, temporary folders, half-written files. A signal that would end
// ganc first ends and removes these. The process then ends by that same signal, so that whoever started it sees the
// usual status. Only this file has global state: the children and files of the whole process.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <sys/types.h>

namespace gan {

/// Opens descriptors 0 to 2 onto /dev/null if they are closed (otherwise a file that is opened later would be taken for
/// one of them), and from now on cleans up when a signal ends ganc. Must be called once, at the start.
void watchSignals();

/// A file or folder that is removed if a signal ends ganc while this object lives. Otherwise its owner has to remove
/// it.
class RemovedOnSignal {
public:
  /// `make` makes it and returns its path. No signal ends ganc in between.
  explicit RemovedOnSignal(const std::function<std::string()> &make);
  ~RemovedOnSignal();
  RemovedOnSignal(const RemovedOnSignal &) = delete;
  RemovedOnSignal &operator=(const RemovedOnSignal &) = delete;
  const std::string &name() const { return path; }

private:
  std::string path;
};

/// This lock is held while a child is started. Once a signal is being handled, nobody can get it any more: ganc then
/// waits for its end instead of reporting what the signal broke.
std::unique_lock<std::mutex> untilSignal();
/// A signal ends process group `pid`, which was started under untilSignal(). `childEnded` says that it has been waited
/// for.
void childStarted(pid_t pid);
void childEnded(pid_t pid);

} // namespace gan
