// Reads the timings.jsonl that a resumed run finds.
#pragma once

#include <cstdint>
#include <string>

namespace ganrt {

/// The part of the file that a resumed run keeps.
struct TimesKept {
  uint64_t bytes = 0, lines = 0;
  double elapsed = 0; ///< seconds of the earlier processes, from the last line that has them
};

/// The first `lines` lines of the file, or all whole lines if there are fewer, because somebody may have cut it.
TimesKept timesKept(const std::string &path, uint64_t lines);

} // namespace ganrt
