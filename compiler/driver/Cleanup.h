// What must not outlive ganc: child processes, temporary folders, files half written. A signal that would end ganc ends
// and removes these first; the process then ends by that same signal, so that whoever started it sees the usual status.
// This is the one place that a process has once: the children and files of the whole process.
#pragma once

#include <mutex>
#include <string>
#include <sys/types.h>

namespace gan {

/// Opens descriptors 0 to 2 onto /dev/null where they are closed (a file opened later would be taken for one of them),
/// and from now on cleans up when a signal ends ganc. Called once, at the start.
void watchSignals();

/// A file or folder that is removed when a signal ends ganc, for as long as this object lives. Removing it otherwise is
/// its owner's business.
class RemovedOnSignal {
public:
  explicit RemovedOnSignal(std::string path);
  ~RemovedOnSignal();
  RemovedOnSignal(const RemovedOnSignal &) = delete;
  RemovedOnSignal &operator=(const RemovedOnSignal &) = delete;

private:
  std::string path;
};

/// Held while a child is started. From the moment that a signal is dealt with nobody gets it any more: ganc then waits
/// for its end instead of reporting what the signal broke.
std::unique_lock<std::mutex> untilSignal();
/// Process group `pid`, started under untilSignal(), is ended by a signal; `childEnded`: it has been waited for.
void childStarted(pid_t pid);
void childEnded(pid_t pid);

} // namespace gan
