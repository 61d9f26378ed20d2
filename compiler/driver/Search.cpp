#include "compiler/driver/Search.h"
#include "compiler/tuning/Space.h"

#include <algorithm>
#include <set>

namespace gan {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double shortTrial = 0.05, longTrial = 0.15; ///< seconds
constexpr double worthKeeping = 0.98; ///< a schedule that takes more than this of the best one's time is no better

const char *wordOf(Outcome outcome) {
  return outcome == Outcome::Refused ? "refused" : outcome == Outcome::TooLong ? "late" : "broken";
}

/// The best times of two schedules, measured by turns so that a noisy moment meets both.
std::pair<double, double> byTurns(const KernelJob &job, const Schedule &a, const Schedule &b, Measurer &measurer) {
  double best[2] = {INFINITY, INFINITY};
  for (int round = 0; round < 3; ++round)
    for (int i : {0, 1})
      if (Trial t = measurer.trial(job, i ? b : a, longTrial); t.word.empty())
        best[i] = std::min(best[i], t.ms);
  return {best[0], best[1]};
}

} // namespace

Measurer::Measurer(const KernelTarget &processor, const Cache &cache, int64_t threads)
    : processor(processor), cache(cache) {
  options.threads = threads;
  options.limit = 20;
}

Measurement Measurer::measure(const KernelJob &job, const Schedule &schedule, double seconds) {
  KernelJob changed = job;
  changed.schedule = schedule;
  options.seconds = seconds;
  return measureKernel(changed, processor, cache, options);
}

Trial Measurer::trial(const KernelJob &job, const Schedule &schedule, double seconds) {
  if (kernel != job.info.symbol) {
    Measurement m = measure(job, job.schedule, 0);
    if (m.outcome != Outcome::Measured)
      return {wordOf(m.outcome), 0};
    kernel = job.info.symbol;
    expected = m.results;
  }
  Measurement m = measure(job, schedule, seconds);
  if (m.outcome != Outcome::Measured)
    return {wordOf(m.outcome), 0};
  if (differenceOf(job.info, m.results, expected) > allowedDifference)
    return {"wrong", 0};
  return {"", m.msBest};
}

std::optional<Winner> searchSchedule(const KernelJob &job, const TunedKernel &name, Records &records,
                                     Measurer &measurer, const SearchLimits &limits, std::mt19937_64 &random) {
  Trial first = measurer.trial(job, job.schedule, longTrial);
  if (!first.word.empty())
    return std::nullopt;
  Winner best{job.schedule, first.ms, first.ms};
  int tried = 0;
  /// Tries a schedule, and takes it if it is better than the best one by turns.
  auto attempt = [&](const Schedule &candidate) {
    if (records.failed(name, candidate))
      return false;
    Trial t = measurer.trial(job, candidate, shortTrial);
    ++tried;
    bool better = t.word.empty() && t.ms < best.ms * worthKeeping;
    if (!t.word.empty())
      records.addFailure(name, candidate, t.word);
    if (t.word == "wrong")
      fprintf(stderr, "\n%s (%s) computes something else under `%s`: this is a bug of ganc, please report it\n",
              job.label.c_str(), job.info.symbol.c_str(), printSchedule(candidate).c_str());
    if (better) {
      auto [old, fresh] = byTurns(job, best.schedule, candidate, measurer);
      better = fresh < old * worthKeeping;
      if (better)
        best = {candidate, fresh, best.defaultMs * old / best.ms};
    }
    limits.progress(best, tried);
    return better;
  };
  if (const Winner *known = records.winner(name); known && known->schedule.anchor == job.schedule.anchor)
    attempt(known->schedule);
  std::set<std::string> done;
  for (bool improved = true; improved;) {
    improved = false;
    std::vector<Schedule> near = neighbours(best.schedule, limits.registers);
    std::shuffle(near.begin(), near.end(), random);
    for (const Schedule &candidate : near) {
      if (Clock::now() >= limits.end)
        return best;
      if (!done.insert(printSchedule(candidate)).second)
        continue;
      if (attempt(candidate)) {
        improved = true;
        break;
      }
    }
  }
  return best;
}

} // namespace gan
