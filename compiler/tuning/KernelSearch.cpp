#include "compiler/tuning/KernelSearch.h"

#include <algorithm>
#include <cmath>

namespace gan {
namespace {

constexpr size_t poolOfKind = 60;  ///< schedules of each algorithm that are kept for later
constexpr size_t exploration = 4;  ///< one of so many proposals is drawn at random
constexpr double hopeless = 1.6;   ///< what is expected to take so many times longer than the best is not tried
constexpr double hopelessKind = 3; ///< the same for an algorithm of which nothing was measured

using Kind = std::pair<Algorithm, int64_t>;
Kind kindOf(const Schedule &s) { return {s.algorithm, s.tile}; }

/// How far schedules are from each other: powers of two between their numbers, and 3 for another algorithm.
double distance(const Schedule &a, const Schedule &b) {
  auto ratio = [](int64_t x, int64_t y) { return std::abs(std::log2(double(x + 1) / double(y + 1))); };
  return ratio(a.vec, b.vec) + ratio(a.task, b.task) / 2 + 2 * ratio(a.rows, b.rows) + ratio(a.columns, b.columns) +
         ratio(a.unroll, b.unroll) / 2 + ratio(a.depth, b.depth) / 4 + ratio(a.images, b.images) / 2 +
         ratio(a.lines, b.lines) / 2 + ratio(a.blocks, b.blocks) + ratio(a.lanes, b.lanes) +
         ratio(a.rowThreads, b.rowThreads) + ratio(a.columnThreads, b.columnThreads) + ratio(a.threads, b.threads) +
         ratio(a.results, b.results) + ratio(a.parts, b.parts) + ratio(a.stages, b.stages) +
         (a.byRows != b.byRows ? 1 : 0) + (kindOf(a) != kindOf(b) ? 3 : 0);
}

} // namespace

KernelSearch::KernelSearch(const Workload &workload, const Schedule &base, const Machine &machine, uint64_t seed)
    : space(workload, base, machine), model(workload, machine), base(base), best(base), random(seed) {
  proposed.insert(printSchedule(space.normal(base)));
}

void KernelSearch::suggest(const Schedule &schedule) {
  if (schedule.anchor == base.anchor)
    suggestions.push_back(schedule);
}

/// The prediction, corrected by what measurements near it say.
double KernelSearch::expected(const Schedule &schedule) const {
  double sum = 0, weights = 1e-3;
  for (const auto &[known, error] : errors) {
    double weight = std::exp(-distance(schedule, known));
    sum += weight * error, weights += weight;
  }
  double average = 0;
  for (const auto &[known, error] : errors)
    average += error / double(errors.size());
  return model.seconds(schedule) * std::exp((sum + 1e-3 * average) / weights);
}

void KernelSearch::makePool() {
  std::map<Kind, std::vector<std::pair<double, Schedule>>> kinds;
  for (const Schedule &s : space.all())
    kinds[kindOf(s)].emplace_back(model.seconds(s), s);
  for (auto &[kind, list] : kinds) {
    std::stable_sort(list.begin(), list.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    for (size_t i = 0; i < std::min(poolOfKind, list.size()); ++i)
      pool.push_back(list[i].second);
  }
}

/// The best of each algorithm by prediction, of which nothing is known yet.
std::vector<Schedule> KernelSearch::firstOfEachKind() const {
  std::map<Kind, Schedule> firsts; // pools of a kind are sorted
  for (const Schedule &s : pool)
    firsts.try_emplace(kindOf(s), s);
  double least = INFINITY;
  for (const auto &[kind, s] : firsts)
    least = std::min(least, model.seconds(s));
  std::vector<Schedule> list;
  for (const auto &[kind, s] : firsts)
    if (model.seconds(s) < least * hopelessKind)
      list.push_back(s);
  std::stable_sort(list.begin(), list.end(),
                   [&](const Schedule &a, const Schedule &b) { return model.seconds(a) < model.seconds(b); });
  return list;
}

std::vector<Schedule> KernelSearch::propose(size_t count) {
  std::vector<Schedule> chosen;
  auto take = [&](const Schedule &s) {
    if (chosen.size() < count && proposed.insert(printSchedule(space.normal(s))).second)
      chosen.push_back(s);
  };
  if (first)
    makePool();
  for (const Schedule &s : suggestions)
    take(s);
  suggestions.clear();
  if (std::exchange(first, false))
    for (const Schedule &s : firstOfEachKind())
      take(s);
  std::vector<std::pair<double, Schedule>> others;
  auto offer = [&](const std::vector<Schedule> &list) {
    for (const Schedule &s : list)
      if (!proposed.count(printSchedule(space.normal(s))))
        if (double seconds = expected(s); bestSeconds <= 0 || seconds < bestSeconds * hopeless)
          others.emplace_back(seconds, s);
  };
  offer(space.neighbours(best));
  offer(pool);
  std::stable_sort(others.begin(), others.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
  for (size_t next = 0; next < others.size() && chosen.size() < count; ++next) {
    if (chosen.size() % exploration == exploration - 1)
      take(others[random() % others.size()].second);
    take(others[next].second);
  }
  return chosen;
}

void KernelSearch::learn(const Schedule &schedule, double seconds) {
  errors.emplace_back(schedule, std::log(seconds / model.seconds(schedule)));
}

void KernelSearch::setBest(const Schedule &schedule, double seconds) { best = schedule, bestSeconds = seconds; }

} // namespace gan
