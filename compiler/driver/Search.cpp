#include "compiler/driver/Search.h"
#include "compiler/driver/Files.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>

namespace gan {
namespace {

constexpr double firstRun = 0.02, longestRun = 0.1; ///< seconds
constexpr int turns = 3;
constexpr double noisy = 1.1; ///< times of one program further apart than this are measured again

const char *wordOf(Outcome outcome) {
  return outcome == Outcome::Refused ? "refused" : outcome == Outcome::TooLong ? "late" : "broken";
}

} // namespace

std::vector<Searcher::Contender> Searcher::programs(const TuneTask &task, const std::vector<Schedule> &schedules,
                                                    const std::string &folder) const {
  std::vector<KernelJob> jobs(schedules.size(), task.job);
  for (size_t i = 0; i < jobs.size(); ++i)
    (task.onDevice ? jobs[i].deviceSchedule : jobs[i].schedule) = schedules[i];
  std::vector<KernelProgram> made =
      kernelPrograms(jobs, options.where, options.cache, folder, options.limit, options.jobs);
  std::vector<Contender> contenders;
  for (size_t i = 0; i < jobs.size(); ++i)
    contenders.push_back({schedules[i], made[i]});
  return contenders;
}

Measurement Searcher::run(const Contender &contender, double seconds, bool results) const {
  MeasureOptions how;
  how.threads = options.threads, how.seconds = seconds, how.limit = options.limit, how.results = results,
  how.cold = true, how.device = options.where.device ? "cuda" : "cpu";
  return runKernelProgram(contender.program, how, options.runner);
}

/// Runs one that has run before; false if it fails now.
bool Searcher::runAgain(Contender &contender, double seconds) const {
  Measurement m = run(contender, seconds, false);
  if (m.outcome == Outcome::Measured)
    contender.ms = std::min(contender.ms, m.msMedian);
  return m.outcome == Outcome::Measured;
}

/// The medians of two programs that run by turns, so that a noisy moment meets both; again if it was one.
std::pair<double, double> Searcher::byTurns(Contender &a, Contender &b) const {
  std::vector<double> times[2];
  for (int turn = 0; turn < 2 * turns; ++turn) {
    for (int i : {0, 1})
      if (Measurement m = run(i ? b : a, longestRun, false); m.outcome == Outcome::Measured)
        times[i].push_back(m.msMedian);
    for (std::vector<double> &list : times)
      std::sort(list.begin(), list.end());
    if (times[0].empty() || times[1].empty())
      return {1, INFINITY};
    if (times[1].front() > times[0].front()) // it is no better, however noisy
      break;
    bool quiet = times[0].back() < times[0].front() * noisy && times[1].back() < times[1].front() * noisy;
    if (turn + 1 >= turns && quiet)
      break;
  }
  return {times[0][times[0].size() / 2], times[1][times[1].size() / 2]};
}

/// Measures the best schedule so far and, if it is another one, the default. False if that does not work.
bool Searcher::start(TuneTask &task, Contender &incumbent, Contender *standard) {
  Contender &base = standard ? *standard : incumbent;
  Measurement m = run(base, firstRun, true);
  if (m.outcome != Outcome::Measured) {
    if (options.runner.isRemote())
      throw UserError("the runner does not run the program of a kernel: " + m.why);
    fprintf(stderr, "warning: %s cannot be measured: %s\n", task.job.label.c_str(), m.why.c_str());
    return false;
  }
  task.expected = m.results;
  base.ms = m.msMedian;
  task.best = {task.standard(), base.ms, base.ms};
  task.knownMs = base.ms;
  task.search.learn(base.schedule, base.ms / 1000);
  if (!standard)
    return true;
  Measurement known = run(incumbent, firstRun, true);
  if (known.outcome != Outcome::Measured ||
      differenceOf(task.job.info, known.results, task.expected) > allowedDifference)
    return true; // the default is the best so far
  incumbent.ms = known.msMedian;
  auto [old, fresh] = byTurns(base, incumbent);
  task.knownMs = std::min(old, fresh); // that is what a build has
  task.search.learn(incumbent.schedule, incumbent.ms / 1000);
  if (old > fresh * leastGain)
    task.best = {incumbent.schedule, fresh, old};
  return true;
}

/// The first run of a contender, whose results are held against the default's.
void Searcher::tryOnce(TuneTask &task, Contender &contender, const Contender &incumbent, Records &records) {
  Measurement m = run(contender, firstRun, true);
  ++task.tried;
  std::string word;
  if (m.outcome != Outcome::Measured)
    word = wordOf(m.outcome);
  else if (differenceOf(task.job.info, m.results, task.expected) > allowedDifference)
    word = "wrong";
  if (word.empty()) {
    contender.ms = m.msMedian;
    task.search.learn(contender.schedule, m.msMedian / 1000);
    return;
  }
  // If what has run before fails as well, it is the runner that does not work.
  if (options.runner.isRemote() && m.outcome != Outcome::Refused)
    if (Measurement again = run(incumbent, firstRun, false); again.outcome != Outcome::Measured)
      throw UserError("the runner does not work any more: " + again.why);
  Winner failed{contender.schedule, 0, 0, printWorkload(task.workload()), GANC_VERSION};
  records.addWord(task.name, failed, word);
  if (word == "wrong")
    fprintf(stderr, "\n%s (%s) computes something else under `%s`: this is a bug of ganc, please report it\n",
            task.job.label.c_str(), task.job.info.symbol.c_str(), printSchedule(contender.schedule).c_str());
}

std::vector<Schedule> TuneTask::proposed(const Records &records, size_t most) {
  std::vector<Schedule> all = search.propose(most);
  llvm::erase_if(all, [&](const Schedule &s) { return records.failed(name, s); });
  return all;
}

bool Searcher::round(TuneTask &task, Records &records, size_t most) {
  TemporaryFolder folder;
  bool first = task.best.ms == 0;
  std::vector<Schedule> schedules;
  if (first) {
    schedules.push_back(task.standard());
    std::optional<Winner> known = records.winner(task.name);
    if (known && known->schedule.anchor == task.standard().anchor && known->schedule != task.standard())
      schedules.insert(schedules.begin(), known->schedule);
  } else {
    schedules.push_back(task.best.schedule);
  }
  size_t known = schedules.size();
  llvm::append_range(schedules, task.proposed(records, most));
  if (schedules.size() == known && !first) {
    task.done = true;
    return false;
  }
  std::vector<Contender> all = programs(task, schedules, folder.path());
  if (first && !start(task, all[0], known > 1 ? &all[1] : nullptr)) {
    task.done = true;
    return false;
  }
  bool better = first && task.improved();
  Contender incumbent = all[known > 1 && !task.improved() ? 1 : 0];
  incumbent.ms = task.best.ms;
  task.search.setBest(task.best.schedule, task.best.ms / 1000);
  std::vector<Contender> left;
  for (size_t i = known; i < all.size(); ++i) {
    tryOnce(task, all[i], incumbent, records);
    if (all[i].ms > 0)
      left.push_back(all[i]);
    progress(task);
  }
  auto faster = [](const Contender &a, const Contender &b) { return a.ms < b.ms; };
  std::stable_sort(left.begin(), left.end(), faster);
  // What takes much longer than the best one is out; of the others half is left after each longer run.
  std::erase_if(left, [&](const Contender &c) { return c.ms > incumbent.ms * noisy; });
  for (double seconds = 2 * firstRun; left.size() > 1; seconds = std::min(longestRun, 2 * seconds)) {
    left.resize((left.size() + 1) / 2);
    if (left.size() == 1)
      break;
    std::erase_if(left, [&](Contender &c) { return !runAgain(c, seconds); });
    std::stable_sort(left.begin(), left.end(), faster);
  }
  if (!left.empty()) {
    auto [old, fresh] = byTurns(incumbent, left[0]);
    if (old > fresh * leastGain) {
      task.best = {left[0].schedule, fresh, task.best.defaultMs * old / task.best.ms};
      task.knownMs *= old / incumbent.ms;
      task.search.setBest(task.best.schedule, fresh / 1000);
      better = true;
    }
  }
  task.fruitless = better ? 0 : task.fruitless + 1;
  progress(task);
  return better;
}

} // namespace gan
