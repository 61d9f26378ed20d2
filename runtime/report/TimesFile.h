// timings.jsonl, as a resumed run finds it.
#pragma once

#include <cstdint>
#include <string>

namespace ganrt {

/// What a run that goes on keeps of it.
struct TimesKept {
  uint64_t bytes = 0, lines = 0;
  double elapsed = 0; ///< seconds of the processes before, as the last line that tells them
};

/// The first `lines` of the file, or all that are whole where there are fewer: somebody may have cut it.
TimesKept timesKept(const std::string &path, uint64_t lines);

} // namespace ganrt
