// What a trainer costs beside its steps, measured: a real run in a folder of its own, between two measurements of the
// bare steps.
#pragma once

#include "runtime/Command.h"

namespace ganrt {

/// {"iterations", "seconds", "bare_ms", "run_ms", "own_percent", "evaluation_percent", "percent": {"data", ..}}:
/// own_percent is all of the run but the evaluation of test data, against as many bare steps; the parts are those of
/// the training thread. `seconds`: length of the run.
Json measureOverhead(const gan_program &program, const DataOptions &data, const RunOptions &run, double seconds);

} // namespace ganrt
