#include "compiler/tuning/Transfer.h"

#include <algorithm>
#include <cmath>

namespace gan {
namespace {

constexpr double farthest = 4;  ///< powers of two between the sizes of kernels that may lend
constexpr size_t witnesses = 8; ///< tuned kernels that are asked whether loans pay
constexpr size_t leastWitnesses = 3;
constexpr double doubt = 1.05; ///< what a loan costs that is not the very schedule that tuning found

} // namespace

Transfer::Transfer(const Records &records, const std::string &target, const std::string &machineName,
                   const Machine &machine)
    : machine(machine) {
  for (const Record &r : records.all()) {
    bool keptDefault = r.word == defaultIsBest;
    if (r.target != target || r.machine != machineName || (!r.word.empty() && !keptDefault))
      continue;
    if (std::optional<Workload> workload = parseWorkload(r.workload)) {
      Winner winner = winnerOf(r);
      all.push_back({*workload, winner.schedule, std::string(r.kernel), keptDefault ? 1 : winner.gain()});
    }
  }
}

std::vector<Transfer::Near> Transfer::nearest(const Workload &workload, const Known *except) const {
  std::vector<Near> found;
  for (const Known &known : all)
    if (std::optional<double> d = distance(workload, known.workload); d && *d <= farthest && &known != except)
      found.push_back({*d, &known});
  std::stable_sort(found.begin(), found.end(), [](const Near &a, const Near &b) { return a.distance < b.distance; });
  return found;
}

/// The lender's schedule with the size of its tasks in proportion, as far as the kernel can have it.
Schedule Transfer::fitted(const Known &lender, const Workload &workload, const Schedule &base) const {
  Schedule s = lender.schedule;
  if (s.anchor != base.anchor)
    return base;
  if (s.anchor == Anchor::Contraction && s.task) {
    const char *side = s.byRows ? "m" : "n";
    s.task = std::max<int64_t>(1, s.task * workload.at(side) / std::max<int64_t>(1, lender.workload.at(side)));
  } else if (s.anchor == Anchor::Map || s.anchor == Anchor::Draw) {
    s.task = s.task * workload.at("count") / std::max<int64_t>(1, lender.workload.at("count"));
  }
  ScheduleSpace space(workload, base, machine);
  s = space.normal(s);
  return space.allows(s) ? s : base;
}

/// The gain that a tuned kernel would have if it had the schedule of its nearest neighbour: its own, less what the
/// prediction says that the borrowed schedule is slower than the one that tuning found.
double Transfer::gainOfLoan(const Known &borrower) const {
  std::vector<Near> near = nearest(borrower.workload, &borrower);
  if (near.empty())
    return 1 / doubt;
  Schedule lent = fitted(*near[0].known, borrower.workload, borrower.schedule);
  ScheduleSpace space(borrower.workload, borrower.schedule, machine);
  if (lent == space.normal(borrower.schedule))
    return borrower.gain;
  CostModel model(borrower.workload, machine);
  return borrower.gain / doubt / std::max(1.0, model.seconds(lent) / model.seconds(borrower.schedule));
}

std::optional<Transfer::Loan> Transfer::loan(const Workload &workload, const Schedule &base) const {
  std::vector<Near> near = nearest(workload, nullptr);
  if (near.size() < leastWitnesses)
    return std::nullopt;
  double logs = 0;
  size_t count = std::min(near.size(), witnesses);
  for (size_t i = 0; i < count; ++i)
    logs += std::log(gainOfLoan(*near[i].known));
  double gain = std::exp(logs / double(count));
  Schedule lent = fitted(*near[0].known, workload, base);
  ScheduleSpace space(workload, base, machine);
  if (gain < leastGain || near[0].known->gain < leastGain || lent == space.normal(base) || lent == base)
    return std::nullopt;
  return Loan{lent, near[0].known->kernel, gain};
}

} // namespace gan
