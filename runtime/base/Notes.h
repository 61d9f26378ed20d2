// What reading tells beside the data: lines, of which those that begin with "warning: " are told even when quiet.
#pragma once

#include <string>

namespace ganrt {

inline void addNote(std::string &note, const std::string &line) { note += (note.empty() ? "" : "\n") + line; }

} // namespace ganrt
