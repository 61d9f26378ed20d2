// Measures where the time of a run goes: into the steps themselves and into what a trainer does beside them.
#pragma once

#include <array>
#include <chrono>

namespace ganrt {

enum class Work { Steps, Data, Logging, Pictures, Checkpoints, Evaluation };
inline constexpr std::array<const char *, 6> workNames = {"steps",    "data",        "logging",
                                                          "pictures", "checkpoints", "evaluation"};

/// Seconds of the training thread for each kind of work. What happens at the end of an epoch or of the run is counted
/// separately.
class Stopwatch {
public:
  /// Adds the time until its destruction.
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
