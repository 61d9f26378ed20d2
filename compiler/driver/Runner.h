// Runs a program that measures: on this machine, or on another one through a command that the user gives. The command
// gets the program on its stdin, so nothing but a shell is needed at the other end.
#pragma once

#include <string>
#include <vector>

namespace gan {

class Runner {
public:
  Runner() = default; ///< this machine
  /// `command` is a line of shell in which {} stands for a text, quoted as one word, that a shell at the other end has
  /// to run: `ssh board {}`, `sh -c {}`. The text stores stdin as a program and runs it. Throws UserError if there is
  /// no {}.
  explicit Runner(const std::string &command);

  bool isRemote() const { return !command.empty(); }
  /// Runs the program with these arguments for so many seconds at most, and twice that for the way there and back. Its
  /// stdout goes to the file `out`, its stderr to `log`. Returns its status as waitpid does; that of an alarm if it
  /// took longer.
  int run(const std::string &program, const std::vector<std::string> &arguments, const std::string &out,
          const std::string &log, double seconds) const;

private:
  std::string command;
};

} // namespace gan
