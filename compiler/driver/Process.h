// Child processes. Each has its own process group, so that it can be ended together with the processes that it starts.
#pragma once

#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace gan {

/// Starts the program words[0], which is searched in PATH if it has no `/`. Its stderr goes to the file `log`. Throws
/// UserError if it cannot be started; `missing` is the message if there is no such program.
pid_t startProcess(std::vector<std::string> words, const std::string &log, const std::string &missing);

/// Runs `work` in a copy of this process, which ends with the exit status that `work` returns. Its stderr goes to the
/// file `log`. The copy ends when ganc does, however that ends. Throws UserError if the process cannot be created.
pid_t forkProcess(const std::function<int()> &work, const std::string &log);

/// A child that has ended, with its status as waitpid reports it.
struct EndedChild {
  pid_t pid;
  int status;
};
/// Waits until a child ends: `pid`, or any child for -1. Throws UserError if there is none to wait for.
EndedChild waitForChild(pid_t pid = -1);
/// Waits for a child for so many seconds, and then kills it with its process group: its status is then that of a
/// process that an alarm has ended.
EndedChild waitForChild(pid_t pid, double seconds);
/// "ended with exit status 1" or "was killed by signal 9 (Killed)".
std::string endText(int status);
/// ":" and the last lines of a child's log, in which compilers and linkers report what was wrong; empty if there are
/// none.
std::string lastLines(const std::string &log);

} // namespace gan
