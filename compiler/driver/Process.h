// Child processes, each in a process group of its own, so that it can be ended together with what it started itself.
#pragma once

#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace gan {

/// Starts the program words[0], looked for in PATH where it has no `/`; what it says on stderr goes to the file `log`.
/// Throws UserError where it cannot be started; `missing` is the sentence where there is no such program.
pid_t startProcess(std::vector<std::string> words, const std::string &log, const std::string &missing);

/// Runs `work` in a copy of this process, which ends with the exit status that it returns; what it says on stderr goes
/// to the file `log`. The copy ends when ganc does, however that ends. Throws UserError where there is no room for it.
pid_t forkProcess(const std::function<int()> &work, const std::string &log);

/// A child that has ended, with its status as waitpid tells it.
struct EndedChild {
  pid_t pid;
  int status;
};
/// Waits until a child ends: `pid`, or any for -1. Throws UserError where there is none to wait for.
EndedChild waitForChild(pid_t pid = -1);
/// "ended with exit status 1" or "was killed by signal 9 (Killed)".
std::string endText(int status);
/// ":" and the last lines of what a child said, where compilers and linkers tell what was wrong; else empty.
std::string lastLines(const std::string &log);

} // namespace gan
