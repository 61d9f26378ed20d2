#include "runtime/base/Progress.h"
#include "runtime/base/Json.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ganrt {
namespace {

std::string number(const char *format, double value) {
  char text[48];
  snprintf(text, sizeof text, format, value);
  return text;
}

/// "847", "12.3k", "1.2M".
std::string shortCount(double value) {
  if (value < 1e4)
    return number(value < 10 ? "%.2f" : "%.0f", value);
  return value < 1e6 ? number("%.1fk", value / 1e3) : number("%.1fM", value / 1e6);
}

size_t terminalWidth() {
  winsize size{};
  return ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/// Whether stderr can rewrite a line.
bool liveTerminal() {
  const char *kind = getenv("TERM");
  return isatty(2) && kind && *kind && strcmp(kind, "dumb") != 0;
}

} // namespace

std::string durationText(double seconds) {
  auto s = int64_t(std::lround(std::clamp(seconds, 0.0, 1e9)));
  char text[32];
  if (s >= 3600)
    snprintf(text, sizeof text, "%d:%02d:%02d", int(s / 3600), int(s / 60 % 60), int(s % 60));
  else
    snprintf(text, sizeof text, "%d:%02d", int(s / 60), int(s % 60));
  return text;
}

std::string liveText(const Standing &s, size_t width) {
  std::string head, tail;
  if (s.epochs)
    head = "epoch " + std::to_string(s.epoch) + "/" + std::to_string(s.epochs) + "  ";
  head += std::to_string(s.done) + (s.total ? "/" + std::to_string(s.total) : "");
  if (s.perSecond > 0)
    tail += "  " + shortCount(s.perSecond) + " " + s.unit + "/s";
  if (s.waiting)
    tail += number("  %.0f %% waiting", 100 * *s.waiting);
  tail += "  " + durationText(s.elapsed);
  if (s.remaining)
    tail += "  " + durationText(*s.remaining) + " left";
  if (width && head.size() + tail.size() > width)
    return (head + tail).substr(0, width - 1) + "…";
  for (auto &[name, value] : s.values) {
    std::string next = "  " + name + " " + number("%.5g", value);
    if (width && head.size() + next.size() + tail.size() > width) { // the times matter more than the last metrics
      if (head.size() + 3 + tail.size() <= width)
        head += "  …";
      break;
    }
    head += next;
  }
  return head + tail;
}

std::string jsonText(const Standing &s) {
  Json out{{"iteration", s.done}, {"iterations", s.total}, {"epoch", s.epoch}, {"elapsed", s.elapsed}};
  out["remaining"] = s.remaining ? Json(*s.remaining) : Json();
  out["images_per_second"] = s.perSecond;
  if (s.waiting)
    out["waiting"] = *s.waiting;
  for (auto &[name, value] : s.values)
    out[name] = value;
  return out.dump();
}

Progress::Progress(uint64_t total, Output output, uint64_t start)
    : total(total), output(output), terminal(liveTerminal()), doneAtStart(start), doneWhenShown(start) {}

bool Progress::due(uint64_t done) {
  if (output == Output::Quiet || done == doneWhenShown)
    return false;
  double since = std::chrono::duration<double>(Clock::now() - shown).count();
  return (total && done >= total) || since >= (output == Output::Json ? 1 : terminal ? 0.1 : first ? 1 : 5);
}

void Progress::show(Standing s, uint64_t each) {
  Clock::time_point now = Clock::now();
  double since = std::chrono::duration<double>(now - shown).count();
  s.elapsed = std::chrono::duration<double>(now - start).count();
  s.total = total;
  // The rate is an exponential average over some seconds, so that it does not jump.
  double latest = double(s.done - doneWhenShown) / std::max(since, 1e-9), weight = 1 - std::exp(-since / 3);
  rate = first ? latest : rate + weight * (latest - rate);
  s.perSecond = rate * double(each);
  double overall = double(s.done - doneAtStart) / std::max(s.elapsed, 1e-9);
  if (total && overall > 0)
    s.remaining = std::min(s.remaining.value_or(HUGE_VAL), double(total - std::min(total, s.done)) / overall);
  first = false, shown = now, doneWhenShown = s.done;
  if (output == Output::Json) {
    printf("%s\n", jsonText(s).c_str());
    fflush(stdout);
    return;
  }
  fprintf(stderr, terminal ? "\r%s\033[K" : "%s\n", liveText(s, terminal ? terminalWidth() - 1 : 0).c_str());
  open = terminal;
}

void Progress::finish() {
  if (open)
    fputs("\r\033[K", stderr);
  open = false;
}

} // namespace ganrt
