// Where the time of a run goes: the steps themselves, and what a trainer does beside them.
#pragma once

#include <array>
#include <chrono>

namespace ganrt {

enum class Work { Steps, Data, Logging, Pictures, Checkpoints, Evaluation };
inline constexpr std::array<const char *, 6> workNames = {"steps",    "data",        "logging",
                                                          "pictures", "checkpoints", "evaluation"};

/// Seconds of the training thread, by work, apart for what comes at the end of an epoch or of the run.
class Stopwatch {
public:
  /// Counts until it goes away.
  class Span {
  public:
    explicit Span(double &seconds) : seconds(seconds) {}
    ~Span() { seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
    Span(const Span &) = delete;
    Span &operator=(const Span &) = delete;

  private:
    double &seconds;
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  };

  [[nodiscard]] Span on(Work work) { return Span(seconds[size_t(work)]); }
  [[nodiscard]] Span atEnd(Work work) { return Span(endSeconds[size_t(work)]); }
  double of(Work work) const { return seconds[size_t(work)]; }
  double ofEnds(Work work) const { return endSeconds[size_t(work)]; }

private:
  std::array<double, workNames.size()> seconds{}, endSeconds{};
};

} // namespace ganrt
