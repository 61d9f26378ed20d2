// Measures what a trainer costs beside its steps. A real run, in a folder of its own, alternates with bare steps, so
// that a machine that becomes slower or faster meanwhile affects both in the same way.
#pragma once

#include "runtime/base/Json.h"
#include "runtime/base/Progress.h"
#include "runtime/data/TrainingData.h"
#include "runtime/device/Device.h"
#include "runtime/program/RunOptions.h"

namespace ganrt {

/// Returns {"iterations", "epochs", "seconds", "bare_ms", "run_ms", "own_percent", "evaluation_percent", "percent":
/// {"data", ..}}. "own_percent" is how much longer the run takes, without the evaluation of test data, than as many
/// bare steps. The parts in "percent" are times of the training thread; "slower_steps" is how much other threads slow
/// it down. If the run is shorter than an epoch, the work at the end of an epoch is counted in proportion to the part
/// of an epoch that ran. `seconds` is the length of the run together with the bare steps.
Json measureOverhead(Device &device, const gan_program &program, const DataOptions &data, const RunOptions &run,
                     double seconds, Output output);

} // namespace ganrt
