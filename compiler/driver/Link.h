// The last step: program.c, the kernels' objects and the runtime become one executable, through the system's `cc`.
#pragma once

#include <string>
#include <vector>

namespace gan {

/// The bytes of the executable. Throws UserError where there is no `cc` or the disk is full, InternalError where it
/// refuses.
std::string linkProgram(const std::string &programText, const std::vector<std::string> &objects,
                        const std::string &folder);

} // namespace gan
