// Lends schedules to kernels that were not tuned, from tuned ones that compute nearly the same. Whether that pays is
// measured by the records themselves: for each tuned kernel near the one in question, the schedule that its own nearest
// neighbour would have lent is held against what tuning found for it. Only if such loans would have been a gain on
// average, one is made.
#pragma once

#include "compiler/tuning/Neighbours.h"
#include "compiler/tuning/Records.h"
#include "compiler/tuning/ScheduleSpace.h"

namespace gan {

class Transfer {
public:
  /// Lends from the records of one kind of machine. The records must live as long.
  Transfer(const Records &records, const std::string &target, const std::string &machineName, const Machine &machine);

  struct Loan {
    Schedule schedule;
    std::string kernel; ///< the one that lends
    double gain;        ///< that such loans would have had
  };
  /// A schedule for a kernel, in place of its default `base`.
  std::optional<Loan> loan(const Workload &workload, const Schedule &base) const;

private:
  struct Known {
    std::string text; ///< of the workload
    Workload workload;
    Schedule schedule;
    std::string kernel;
    double gain; ///< 1 if tuning found the default to be the best
  };
  std::vector<Known> nearest(const std::string &workload, size_t most, std::string_view except = "") const;
  double gainOfLoan(const Known &borrower) const;
  Schedule fitted(const Known &lender, const Workload &workload, const Schedule &base) const;

  std::vector<const Record *> all;
  Neighbours neighbours;
  Machine machine;
};

} // namespace gan
