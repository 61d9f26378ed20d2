// Measures what a search proposes for one kernel: round by round, some schedules are compiled at once, each is run for
// a moment and its results are held against those of the default; the better half runs again for longer, until one is
// left, which has to beat the best one so far by turns.
#pragma once

#include "compiler/driver/MeasureKernel.h"
#include "compiler/tuning/KernelSearch.h"
#include "compiler/tuning/Records.h"

#include <functional>

namespace gan {

struct SearchOptions {
  MeasuredOn where;
  Cache cache;
  Runner runner;
  int64_t threads = 0;
  unsigned jobs = 1;  ///< programs made at once
  int64_t limit = 20; ///< seconds of a compilation, and of a run
};

/// A kernel and what is known of it.
struct TuneTask {
  KernelJob job; ///< with its default schedule
  TunedKernel name;
  double ms = 0, boundMs = 0; ///< of a step, under the schedule that was known before; the least that it can be
  KernelSearch search;
  Winner best{};          ///< and the default's time beside it; 0 before the first round
  double knownMs = 0;     ///< a call's time under the schedule that was known before, beside the default's
  std::string expected{}; ///< results under the default schedule
  int tried = 0;          ///< schedules that were run or refused
  int fruitless = 0;      ///< rounds since one was better
  bool done = false;      ///< there is nothing left to try
  bool onDevice = false;  ///< whether schedules are those of a GPU

  /// Milliseconds of a step under the best schedule so far.
  double msNow() const { return knownMs > 0 ? ms * best.ms / knownMs : ms; }
  const Schedule &standard() const { return onDevice ? job.deviceSchedule : job.schedule; }
  const Workload &workload() const { return onDevice ? job.deviceWorkload : job.workload; }
  bool improved() const { return best.ms > 0 && best.schedule != standard(); }
  /// At most so many schedules that the search proposes next, without those that failed before.
  std::vector<Schedule> proposed(const Records &records, size_t most);
};

/// Tries schedules of a kernel, some at a time.
class Rounds {
public:
  virtual ~Rounds() = default;
  /// One round of at most `most` schedules; failures go to `records`. Whether a better schedule was found. Throws
  /// UserError if the runner does not work.
  virtual bool round(TuneTask &task, Records &records, size_t most) = 0;
};

/// By measuring.
class Searcher : public Rounds {
public:
  /// `progress` is called after each schedule that was tried.
  Searcher(const SearchOptions &options, std::function<void(const TuneTask &)> progress)
      : options(options), progress(std::move(progress)) {}

  bool round(TuneTask &task, Records &records, size_t most) override;

private:
  struct Contender {
    Schedule schedule;
    KernelProgram program;
    double ms = 0; ///< the least so far
  };
  std::vector<Contender> programs(const TuneTask &task, const std::vector<Schedule> &schedules,
                                  const std::string &folder) const;
  bool start(TuneTask &task, Contender &incumbent, Contender *standard);
  void tryOnce(TuneTask &task, Contender &contender, const Contender &incumbent, Records &records);
  Measurement run(const Contender &contender, double seconds, bool results) const;
  bool runAgain(Contender &contender, double seconds) const;
  std::pair<double, double> byTurns(Contender &a, Contender &b) const;

  SearchOptions options;
  std::function<void(const TuneTask &)> progress;
};

} // namespace gan
