#include "compiler/driver/PredictedSearch.h"
#include "compiler/driver/Files.h"
#include "compiler/tuning/DeviceCost.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>

namespace gan {
namespace {

std::vector<Prediction> predictions(const TuneTask &task, const std::vector<Schedule> &schedules,
                                    const PredictOptions &options) {
  std::vector<KernelJob> jobs(schedules.size(), task.job);
  for (size_t i = 0; i < jobs.size(); ++i)
    jobs[i].deviceSchedule = schedules[i];
  return predictKernels(jobs, options);
}

/// The schedule that is known for a kernel, else its default.
Schedule knownOf(const KernelJob &job, const Records &records, const TunedKernel &name) {
  std::optional<Winner> known = records.winner(name);
  return known && known->schedule.anchor == job.deviceSchedule.anchor ? known->schedule : job.deviceSchedule;
}

} // namespace

bool PredictedSearch::round(TuneTask &task, Records &records, size_t most) {
  bool first = task.best.ms == 0;
  std::vector<Schedule> schedules;
  if (first)
    schedules = {task.standard(), knownOf(task.job, records, task.name)};
  size_t known = schedules.size();
  llvm::append_range(schedules, task.proposed(records, most));
  if (schedules.size() == known && !first) {
    task.done = true;
    return false;
  }
  std::vector<Prediction> found = predictions(task, schedules, options);
  if (first && found[0].ms == 0) { // the machine does not know what it does
    fprintf(stderr, "warning: nothing can be predicted of %s (%s)\n", task.job.label.c_str(), found[0].why.c_str());
    task.done = true;
    return false;
  }
  if (first)
    task.best = {task.standard(), found[0].ms, found[0].ms};
  double before = task.best.ms;
  for (size_t i = 0; i < found.size(); ++i) {
    if (i >= known)
      ++task.tried;
    if (found[i].ms == 0) {
      records.addWord(task.name, {schedules[i], 0, 0, printWorkload(task.workload()), GANC_VERSION}, found[i].why);
      continue;
    }
    task.search.learn(schedules[i], found[i].ms / 1000);
    if (found[i].ms * leastGain < task.best.ms)
      task.best.schedule = schedules[i], task.best.ms = found[i].ms;
  }
  if (first) // the step was predicted with what was known
    task.knownMs = found[1].ms > 0 ? std::min(found[0].ms, found[1].ms) : found[0].ms;
  task.search.setBest(task.best.schedule, task.best.ms / 1000);
  bool better = task.best.ms < before;
  task.fruitless = better ? 0 : task.fruitless + 1;
  progress(task);
  return better;
}

StepProfile predictedStep(const KernelSet &set, const Records &known, const TunedKernel &machine,
                          const PredictOptions &options) {
  std::vector<KernelJob> jobs;
  for (const KernelJob &job : set.jobs)
    if (job.calls) {
      jobs.push_back(job);
      jobs.back().deviceSchedule = knownOf(job, known, {machine.target, machine.machine, job.info.symbol});
    }
  std::vector<Prediction> found = predictKernels(jobs, options);
  const CardNumbers &card = cardNumbers(options.device.architectures.front());
  double flops = 64 * card.multiplyAdds * double(card.multiprocessors) * card.gigahertz * 1e9;
  StepProfile step;
  step.machine.architecture = options.device.architectures.front();
  for (size_t i = 0; i < jobs.size(); ++i) {
    const KernelInfo &info = jobs[i].info;
    auto calls = double(jobs[i].calls);
    double bound = 1e3 * std::max(info.flops / flops, info.bytes / card.memoryBytes);
    step.shares[info.symbol] = {calls * found[i].ms, calls * bound};
    step.ms += calls * found[i].ms;
  }
  if (step.ms <= 0)
    throw UserError("nothing can be predicted of the kernels of this model");
  return step;
}

} // namespace gan
