#include "compiler/tuning/Transfer.h"

#include <algorithm>
#include <cmath>

namespace gan {
namespace {

constexpr double farthest = 4;  ///< powers of two between the sizes of kernels that may lend
constexpr size_t witnesses = 8; ///< tuned kernels that are asked whether loans pay
constexpr size_t leastWitnesses = 3;
constexpr size_t recordsOfOne = 4; ///< that a kernel may have: its winner, and defaults that nothing bettered
constexpr double doubt = 1.05;     ///< what a loan costs that is not the very schedule that tuning found

/// The records that can lend, or tell whether loans pay: of one kind of machine, and no words about failures.
std::vector<const Record *> lenders(const Records &records, const std::string &target, const std::string &machine) {
  std::vector<const Record *> found;
  for (const Record &r : records.all())
    if (r.target == target && r.machine == machine && (r.word.empty() || r.word == defaultIsBest))
      found.push_back(&r);
  return found;
}

std::vector<std::string_view> workloadsOf(const std::vector<const Record *> &records) {
  std::vector<std::string_view> out;
  out.reserve(records.size());
  for (const Record *r : records)
    out.push_back(r->workload);
  return out;
}

} // namespace

Transfer::Transfer(const Records &records, const std::string &target, const std::string &machineName,
                   const Machine &machine)
    : all(lenders(records, target, machineName)), neighbours(workloadsOf(all)), machine(machine) {}

/// The nearest ones, but not the kernel `except`.
std::vector<Transfer::Known> Transfer::nearest(const std::string &workload, size_t most,
                                               std::string_view except) const {
  std::vector<Known> found;
  for (const Neighbours::Near &near : neighbours.nearest(workload, most + recordsOfOne, farthest)) {
    const Record &r = *all[near.number];
    if (r.kernel == except || found.size() == most)
      continue;
    Winner winner = winnerOf(r);
    found.push_back({winner.workload, parseWorkload(r.workload).value(), winner.schedule, std::string(r.kernel),
                     r.word.empty() ? winner.gain() : 1});
  }
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
  std::vector<Known> near = nearest(borrower.text, 1, borrower.kernel);
  if (near.empty())
    return 1 / doubt;
  Schedule lent = fitted(near[0], borrower.workload, borrower.schedule);
  ScheduleSpace space(borrower.workload, borrower.schedule, machine);
  if (lent == space.normal(borrower.schedule))
    return borrower.gain;
  CostModel model(borrower.workload, machine);
  return borrower.gain / doubt / std::max(1.0, model.seconds(lent) / model.seconds(borrower.schedule));
}

std::optional<Transfer::Loan> Transfer::loan(const Workload &workload, const Schedule &base) const {
  std::vector<Known> near = nearest(printWorkload(workload), witnesses);
  if (near.size() < leastWitnesses)
    return std::nullopt;
  double logs = 0;
  for (const Known &witness : near)
    logs += std::log(gainOfLoan(witness));
  double gain = std::exp(logs / double(near.size()));
  const Known &lender = near[0];
  Schedule lent = fitted(lender, workload, base);
  ScheduleSpace space(workload, base, machine);
  if (gain < leastGain || lender.gain < leastGain || lent == space.normal(base) || lent == base)
    return std::nullopt;
  return Loan{lent, lender.kernel, gain};
}

} // namespace gan
