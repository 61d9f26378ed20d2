// Notes for the user that arise while data is read. Lines that begin with "warning: " are shown even when quiet.
#pragma once

#include <string>

namespace ganrt {

inline void addNote(std::string &note, const std::string &line) { note += (note.empty() ? "" : "\n") + line; }

} // namespace ganrt
