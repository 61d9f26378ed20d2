// The search for the best schedule of one kernel, without a clock: it proposes schedules, and is told their times. The
// prediction orders them; each measured time corrects it nearby; some are drawn at random, in case it is blind.
#pragma once

#include "compiler/tuning/ScheduleSpace.h"

#include <map>
#include <random>
#include <set>

namespace gan {

class KernelSearch {
public:
  KernelSearch(const Workload &workload, const Schedule &base, const Machine &machine, uint64_t seed);

  /// Proposes a schedule before all others, because somebody knows it to be good.
  void suggest(const Schedule &schedule);
  /// The next schedules to measure, none twice: the most promising first. Fewer than `count` if there are no more that
  /// could be as good as the best one.
  std::vector<Schedule> propose(size_t count);
  /// The time of a proposed schedule or of the base.
  void learn(const Schedule &schedule, double seconds);
  /// The schedule from whose neighbours proposals come.
  void setBest(const Schedule &schedule, double seconds);

private:
  double expected(const Schedule &schedule) const;
  std::vector<Schedule> firstOfEachKind() const;
  void makePool();

  ScheduleSpace space;
  CostModel model;
  Schedule base, best;
  double bestSeconds = 0;
  std::mt19937_64 random;
  std::set<std::string> proposed;                  ///< as texts of normal forms
  std::vector<Schedule> suggestions, pool;         ///< `pool`: the best of the whole space by prediction alone
  std::vector<std::pair<Schedule, double>> errors; ///< measured schedules; the logarithm of measured over predicted
  bool first = true;
};

} // namespace gan
