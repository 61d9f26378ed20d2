// What a person sees of long work: one line rewritten on a terminal, a line every few seconds elsewhere.
#pragma once

#include <chrono>
#include <string>

namespace ganrt {

class Progress {
public:
  /// `unit`: what is counted, as in "12 steps/s".
  Progress(uint64_t total, bool quiet, const char *unit = "steps");
  /// `details`: "epoch 3/10  loss.E,P -105.3".
  void update(uint64_t done, const std::string &details);
  /// Ends a live line, so that other output starts on its own.
  void finish();

private:
  using Clock = std::chrono::steady_clock;
  uint64_t total;
  const char *unit;
  bool quiet, terminal, open = false;
  Clock::time_point start = Clock::now(), shown = start;
  bool first = true;
};

/// "1:05:09", "4:07".
std::string durationText(double seconds);

} // namespace ganrt
