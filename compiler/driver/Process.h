// Child processes.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace gan {

/// Starts the program words[0], looked for in PATH where it has no `/`; what it says on stderr goes to the file `log`.
/// Throws UserError where it cannot be started; `missing` is the sentence where there is no such program.
pid_t startProcess(std::vector<std::string> words, const std::string &log, const std::string &missing);

} // namespace gan
