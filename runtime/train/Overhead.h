// What a trainer costs beside its steps, measured: a real run in a folder of its own, and in turns with it bare steps,
// so that a machine that becomes slower or faster on the way slows both.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/base/Progress.h"
#include "runtime/data/TrainingData.h"
#include "runtime/program/RunOptions.h"

namespace ganrt {

/// {"iterations", "epochs", "seconds", "bare_ms", "run_ms", "own_percent", "evaluation_percent", "percent": {"data",
/// ..}}: own_percent is all of the run but the evaluation of test data, against as many bare steps; the parts are those
/// of the training thread; "slower_steps" is what other threads take from it. Of a run that is shorter than an epoch,
/// what comes at the end of an epoch counts for the part of an epoch that it is. `seconds`: length of the run, with the
/// bare steps.
Json measureOverhead(const gan_program &program, const DataOptions &data, const RunOptions &run, double seconds,
                     Output output);

} // namespace ganrt
