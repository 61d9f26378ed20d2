// What an objective or a metric must not mix: draws that it would share, samples of a batch, runs of a step, labels of
// data that has none.
#pragma once

#include "dsl/Model.h"
#include "dsl/check/Report.h"

namespace gan::dsl {

/// Checks a term of an objective of this step.
void checkTerm(const Model &model, const Term &term, const Step &step, Report &report);
/// Reports nested `log_mean_exp`, which would share draws, and per-sample gradients of blocks that mix samples.
void checkDraws(const Model &model, const Expr &root, Report &report);

} // namespace gan::dsl
