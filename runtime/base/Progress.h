// Shows the progress of long work: on a terminal as one line that is rewritten, elsewhere as a line every few seconds,
// or as JSON for programs.
#pragma once
#include "runtime/base/Json.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ganrt {

enum class Output { Auto, Quiet, Json };

/// How far the work has come. Rates and times are those of this process.
struct Standing {
  uint64_t done = 0, total = 0;   ///< total is 0 if it is not known
  uint64_t epoch = 0, epochs = 0; ///< the current epoch, counted from 1; epochs is 0 if there are none
  double perSecond = 0;           ///< recent rate, in `unit` per second
  const char *unit = "images";
  double elapsed = 0;                ///< seconds
  std::optional<double> waiting{};   ///< share of the time in which other ranks were waited for, if there are some
  std::optional<double> remaining{}; ///< seconds, if they can be estimated; a value given to show() is an upper bound
  std::vector<std::pair<std::string, double>> values{}; ///< losses and metrics, smoothed
};

/// "epoch 3/10  1204/4690  loss.E,P -105.31  48k images/s  0:12  0:35 left", at most `width` letters (0: no limit).
std::string liveText(const Standing &standing, size_t width);
/// The same as one JSON object.
std::string jsonText(const Standing &standing);
/// "1:05:09", "4:07".
std::string durationText(double seconds);

class Progress {
public:
  /// `start` is how much earlier processes have already done.
  Progress(uint64_t total, Output output, uint64_t start = 0);
  /// Whether it is time to show something. Ask before making a `Standing`, which may cost more than the work itself.
  bool due(uint64_t done);
  /// Fills in times and rates and shows the standing. `each` is how many units one step of `done` stands for.
  void show(Standing standing, uint64_t each);
  /// Removes the live line, so that other output can take its place.
  void finish();

private:
  using Clock = std::chrono::steady_clock;
  uint64_t total;
  Output output;
  bool terminal, open = false, first = true;
  Clock::time_point start = Clock::now(), shown = start;
  uint64_t doneAtStart, doneWhenShown;
  double rate = 0; ///< recent steps of `done` a second
};

} // namespace ganrt
