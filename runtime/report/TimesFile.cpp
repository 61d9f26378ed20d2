#include "runtime/report/TimesFile.h"
#include "runtime/base/Files.h"

#include <nlohmann/json.hpp>

namespace ganrt {

TimesKept timesKept(const std::string &path, uint64_t lines) {
  TimesKept kept;
  if (!lines || !pathExists(path))
    return kept;
  std::string text = readWholeFile(path);
  for (size_t end; kept.lines < lines && (end = text.find('\n', kept.bytes)) != std::string::npos; ++kept.lines)
    kept.bytes = end + 1;
  // Only the last lines are parsed, backwards up to one that has the time.
  for (size_t end = kept.bytes; end > 0;) {
    size_t begin = end > 1 ? text.rfind('\n', end - 2) + 1 : 0; // npos + 1 is 0, the first line
    auto line = nlohmann::json::parse(text.begin() + ptrdiff_t(begin), text.begin() + ptrdiff_t(end), nullptr, false);
    if (line.is_object() && line.contains("elapsed") && line["elapsed"].is_number()) {
      kept.elapsed = line["elapsed"];
      break;
    }
    end = begin;
  }
  return kept;
}

} // namespace ganrt
