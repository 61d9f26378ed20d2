// Metrics of a data set: every number per sample of the evaluate graph, averaged over the true samples; and, where the
// data has labels, what categorical heads know of them (error.Q.c, matched_error.Q.c, information.Q.c; see Codes.h).
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/program/Session.h"

#include <functional>
#include <utility>

namespace ganrt {

/// Name and average of each metric, with the numbers of the host as they are at `moment`, in the program's order. Empty
/// where the program has nothing to evaluate, or where `stop`, asked between batches, said so.
std::vector<std::pair<std::string, double>> evaluateData(const Session &session, const Dataset &data, Moment moment,
                                                         const std::function<bool()> &stop = {});

} // namespace ganrt
