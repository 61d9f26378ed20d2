#include "runtime/Progress.h"

#include <cstdio>
#include <unistd.h>

namespace ganrt {

std::string durationText(double seconds) {
  auto s = int64_t(seconds + 0.5);
  char text[32];
  if (s >= 3600)
    snprintf(text, sizeof text, "%d:%02d:%02d", int(s / 3600), int(s / 60 % 60), int(s % 60));
  else
    snprintf(text, sizeof text, "%d:%02d", int(s / 60), int(s % 60));
  return text;
}

Progress::Progress(uint64_t total, bool quiet, const char *unit)
    : total(total), unit(unit), quiet(quiet), terminal(isatty(2)) {}

void Progress::update(uint64_t done, const std::string &details) {
  auto now = Clock::now();
  auto since = std::chrono::duration<double>(now - shown).count();
  if (quiet || (!first && done < total && since < (terminal ? 0.1 : 5)))
    return;
  first = false;
  shown = now;
  double elapsed = std::chrono::duration<double>(now - start).count(), rate = double(done) / std::max(elapsed, 1e-9);
  char head[96];
  snprintf(head, sizeof head, "%llu/%llu  %.*f %s/s  %s left  ", static_cast<unsigned long long>(done),
           static_cast<unsigned long long>(total), rate < 10 ? 2 : 0, rate, unit,
           durationText(double(total - done) / std::max(rate, 1e-9)).c_str());
  fprintf(stderr, terminal ? "\r\033[K%s%s" : "%s%s\n", head, details.c_str());
  open = terminal;
}

void Progress::finish() {
  if (open)
    fputc('\n', stderr);
  open = false;
}

} // namespace ganrt
