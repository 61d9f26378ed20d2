// The last step: program.c, the kernels' objects and the runtime become one executable, through the system's `cc`.
#pragma once

#include <string>
#include <vector>

namespace gan {

/// What tells one `cc` from another, for the cache: its path, size and time; empty where there is none.
std::string linkerIdentity();

/// The bytes of the executable. Throws UserError where there is no `cc`, where it fails or where the disk is full.
std::string linkProgram(const std::string &programText, const std::vector<std::string> &objects,
                        const std::string &folder);

} // namespace gan
