// Evaluates metrics on a data set: each per-sample number of the evaluate graph, averaged over the true samples. If the
// data has labels, also measures how well categorical heads match them (error.Q.c, matched_error.Q.c, information.Q.c;
// see Codes.h).
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/program/Session.h"

#include <functional>
#include <utility>

namespace ganrt {

/// Name and average of each metric, in the program's order. The host's numbers have their values at `moment`. Empty if
/// the program has nothing to evaluate, or if `stop`, which is called between batches, returned true. `ranks` evaluate
/// together, for the same averages as one of them.
std::vector<std::pair<std::string, double>> evaluateData(const Session &session, const Dataset &data, Moment moment,
                                                         const std::function<bool()> &stop = {},
                                                         Ranks *ranks = nullptr);

} // namespace ganrt
