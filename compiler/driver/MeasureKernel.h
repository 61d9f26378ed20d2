// Measures one kernel under one schedule as trainers run it: compiled in a child, linked with the runtime library into
// a program of its own, run on the runtime's threads. Whatever goes wrong with the schedule is an outcome, not an
// error, since whoever tries schedules goes on with the next.
#pragma once

#include "compiler/driver/Cache.h"
#include "compiler/driver/Runner.h"
#include "compiler/driver/Stages.h"

namespace gan {

struct MeasureOptions {
  int64_t threads = 0;        ///< 0: as many as the machine has
  double seconds = 0.5;       ///< how long it runs over and over
  int64_t limit = 60;         ///< seconds after which compiling, and running, is given up
  bool roofline = false;      ///< whether to measure also what the machine can do, which takes a second
  bool results = true;        ///< whether to bring the results back
  bool cold = false;          ///< whether each run finds its operands in memory, and not in the caches
  std::string device = "cpu"; ///< as in --device of trainers
};

enum class Outcome : uint8_t {
  Measured,
  Refused, ///< it does not compile under this schedule
  Broken,  ///< it does not run
  TooLong  ///< one of both took too long
};

struct Measurement {
  Outcome outcome = Outcome::Measured;
  std::string why; ///< of another outcome: the rest of a sentence about the kernel
  std::string machine;
  int64_t threads = 0, runs = 0;
  double msMedian = 0, msBest = 0;
  double msBound = 0, peakGflops = 0; ///< with MeasureOptions::roofline
  std::string results;                ///< bytes of the results for always the same random operands, one after the other
};

/// A program that measures one kernel under one schedule; if there is none, `made` says why.
struct KernelProgram {
  Measurement made;
  std::string path;
};

/// Where kernels run that are measured.
struct MeasuredOn {
  KernelTarget processor;               ///< of the machine
  std::optional<DeviceTarget> device{}; ///< a GPU there: kernels run on it, under job.deviceSchedule
};

/// Compiles and links a program for each job under job.schedule, which must be one for its anchor, in `folder`; as many
/// at once as `parallel`. Throws UserError for trouble of the machine: no linker, no space.
std::vector<KernelProgram> kernelPrograms(const std::vector<KernelJob> &jobs, const MeasuredOn &where,
                                          const Cache &cache, const std::string &folder, int64_t limit,
                                          unsigned parallel);

/// Runs such a program.
Measurement runKernelProgram(const KernelProgram &program, const MeasureOptions &options, const Runner &runner);

/// Compiles and runs one kernel on this machine. Throws UserError like kernelPrograms.
Measurement measureKernel(const KernelJob &job, const KernelTarget &processor, const Cache &cache,
                          const MeasureOptions &options);

/// How far results are from expected ones: the largest difference over the largest expected value, of the result where
/// that is most. Numbers that are not finite must be the same; if they are not, or integers differ, it is infinite.
double differenceOf(const KernelInfo &info, const std::string &results, const std::string &expected);

/// Results of two schedules of one kernel may differ that much, because sums are rounded in another order.
constexpr double allowedDifference = 1e-4;

} // namespace gan
