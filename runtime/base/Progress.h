// What a person sees of long work: on a terminal one line that is rewritten, elsewhere a line every few seconds, or
// JSON for programs.
#pragma once
#include "runtime/base/Json.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ganrt {

enum class Output { Auto, Quiet, Json };

/// Where work stands. Rates and times are of this process.
struct Standing {
  uint64_t done = 0, total = 0;   ///< total 0: not known
  uint64_t epoch = 0, epochs = 0; ///< that runs, counted from 1; epochs 0: no epochs
  double perSecond = 0;           ///< units of `unit`, lately
  const char *unit = "images";
  double elapsed = 0;                                   ///< seconds
  std::optional<double> remaining{};                    ///< seconds, where it can be told; given: at most these
  std::vector<std::pair<std::string, double>> values{}; ///< losses and metrics, smoothed
};

/// "epoch 3/10  1204/4690  loss.E,P -105.31  48k images/s  0:12  0:35 left", at most `width` letters (0: any number).
std::string liveText(const Standing &standing, size_t width);
/// One JSON object.
std::string jsonText(const Standing &standing);
/// "1:05:09", "4:07".
std::string durationText(double seconds);

class Progress {
public:
  /// `start`: what earlier processes have done already.
  Progress(uint64_t total, Output output, uint64_t start = 0);
  /// Whether a report is due: `standing` may cost more than the work.
  bool due(uint64_t done);
  /// Fills in times and rates and shows it. `each`: units of one done.
  void show(Standing standing, uint64_t each);
  /// Takes a live line away, so that other output comes in its place.
  void finish();

private:
  using Clock = std::chrono::steady_clock;
  uint64_t total;
  Output output;
  bool terminal, open = false, first = true;
  Clock::time_point start = Clock::now(), shown = start;
  uint64_t doneAtStart, doneWhenShown;
  double rate = 0; ///< done a second, lately
};

} // namespace ganrt
