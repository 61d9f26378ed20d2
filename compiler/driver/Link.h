// The last step: links program.c, the kernels' objects and the runtime into one executable with the system's `cc`.
#pragma once

#include <string>
#include <vector>

namespace gan {

/// Identifies `cc` for the cache by its path, size and time; empty if there is none.
std::string linkerIdentity();

/// The bytes of the executable. Throws UserError if there is no `cc`, if it fails, or if the disk is full.
std::string linkProgram(const std::string &programText, const std::vector<std::string> &objects,
                        const std::string &folder);

} // namespace gan
