#include "compiler/driver/KernelJobs.h"
#include "compiler/driver/Assemble.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Guard.h"
#include "compiler/driver/Process.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

namespace gan {
namespace {

/// Shows "kernels 12/34", rewritten in place on a terminal; elsewhere one line at the end.
class Progress {
public:
  Progress(size_t all, bool on) : all(all), on(on), terminal(isatty(2)) {}
  void done() {
    ++count;
    if (on && terminal)
      fprintf(stderr, "\rkernels %zu/%zu%s", count, all, count == all ? "\n" : "");
    else if (on && count == all)
      fprintf(stderr, "kernels %zu/%zu\n", count, all);
  }

private:
  size_t all, count = 0;
  bool on, terminal;
};

/// A child that crashes by itself is our bug; one that was killed, or that reports that it could not read or write, is
/// not.
bool isOurFault(int status) {
  if (WIFEXITED(status))
    return WEXITSTATUS(status) == 70;
  constexpr int own[] = {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE};
  return std::find(std::begin(own), std::end(own), WTERMSIG(status)) != std::end(own);
}

/// One kernel to be compiled for one target.
struct Unit {
  size_t job;
  const DeviceTarget *device; ///< null: for the processor
};
/// Units for one target that one child compiles.
using Batch = std::vector<Unit>;

class Pool {
public:
  Pool(const KernelSet &kernels, const Targets &targets, const Cache &cache, const std::string &folder, Timing &timing,
       Progress &progress)
      : kernels(kernels), targets(targets), cache(cache), folder(folder), timing(timing), progress(progress),
        assembler(targets.devices.empty() ? "" : findAssembler()) {}

  /// The result of a unit: an object file, or packed device code.
  std::string file(const Unit &u) const { return name(u) + (u.device ? ".device" : ".o"); }
  std::string key(const Unit &u) const {
    const KernelJob &job = kernels.jobs[u.job];
    if (!u.device)
      return objectKey(job, targets.processor);
    std::vector<std::string> parts = identityOf(*u.device, assembler);
    parts.insert(parts.end(), {job.signature, printSchedule(job.deviceSchedule)});
    return Cache::key(parts);
  }

  void start(const Batch &batch) {
    pid_t pid = forkProcess([&] { return compile(batch); }, log(batch.front()));
    running[pid] = {batch, std::chrono::steady_clock::now()};
  }

  void finishOne() {
    auto [pid, status] = waitForChild();
    auto it = running.find(pid);
    if (it == running.end())
      return;
    auto [batch, begin] = it->second;
    running.erase(it);
    record(batch, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    if (status) {
      failure = {batch.front(), status};
      return;
    }
    for (const Unit &u : batch) {
      cache.store(key(u), readFile(file(u)));
      progress.done();
    }
  }

  bool failed() const { return failure.has_value(); }
  size_t active() const { return running.size(); }
  void throwFailure() const {
    auto [u, status] = *failure;
    const KernelJob &job = kernels.jobs[u.job];
    if (!isOurFault(status))
      throw UserError("the compilation of the kernel of " + job.label + " " + endText(status) + hint(u, status));
    throw InternalError("kernel of " + job.label, "",
                        tryReadFile(log(u)).value_or("") + "schedule: " +
                            printSchedule(u.device ? job.deviceSchedule : job.schedule) + "\n" + job.signature);
  }

private:
  std::string name(const Unit &u) const {
    return folder + "/k" + std::to_string(u.job) + (u.device ? "_" + std::to_string(int(u.device->api)) : "");
  }

  /// The time of a batch, in equal parts for its kernels.
  void record(const Batch &batch, double seconds) {
    for (const Unit &u : batch) {
      const KernelJob &job = kernels.jobs[u.job];
      timing.add("  " + job.label + " (" + job.info.anchor + ", " + job.info.symbol + (u.device ? ", device)" : ")"),
                 seconds / double(batch.size()));
    }
  }

  /// Runs in the child. Its exit status is 1 if the object cannot be written, and 70 for a bug of ours.
  int compile(const Batch &batch) const {
    return guarded([&] {
      std::string error;
      const Unit &first = batch.front();
      const KernelJob &job = kernels.jobs[first.job];
      if (first.device)
        compileOnDevice(batch);
      else if (!compileKernel(job.signature, job.schedule, targets.processor, file(first), error))
        throw InternalError("compile", "", error);
      return 0;
    });
  }
  void compileOnDevice(const Batch &batch) const {
    std::vector<const KernelJob *> jobs;
    for (const Unit &u : batch)
      jobs.push_back(&kernels.jobs[u.job]);
    const DeviceTarget &device = *batch.front().device;
    std::vector<DeviceCode> codes = compileForDevice(jobs, device);
    for (size_t i = 0; i < batch.size(); ++i) {
      if (!assembler.empty())
        for (const std::string &architecture : device.architectures)
          codes[i].images.push_back(assemble(codes[i], architecture, assembler, folder, jobs[i]->info.symbol));
      writeFile(file(batch[i]), packDeviceCode(codes[i]));
    }
  }
  std::string hint(const Unit &u, int status) const {
    if (WIFSIGNALED(status))
      return "; where memory is short, --jobs 1 needs the least";
    std::string said = lastLines(log(u)); // if the disk is full, the log may be missing as well
    return said.empty() ? ": is there space left in " + folder + "?" : said;
  }
  std::string log(const Unit &u) const { return name(u) + ".log"; }

  const KernelSet &kernels;
  const Targets &targets;
  const Cache &cache;
  std::string folder;
  Timing &timing;
  Progress &progress;
  std::string assembler; ///< "" if there is none
  std::map<pid_t, std::pair<Batch, std::chrono::steady_clock::time_point>> running;
  std::optional<std::pair<Unit, int>> failure; ///< the first unit of the batch that failed, and its status
};

std::vector<Unit> allUnits(const KernelSet &kernels, const Targets &targets) {
  std::vector<Unit> units;
  for (size_t i = 0; i < kernels.jobs.size(); ++i)
    units.push_back({i, nullptr});
  for (const DeviceTarget &device : targets.devices)
    for (size_t i = 0; i < kernels.jobs.size(); ++i)
      units.push_back({i, &device});
  return units;
}

/// Kernels for CUDA are compiled some at once, because each beginning takes long; all others one by one.
std::vector<Batch> batchesOf(const std::vector<Unit> &units, size_t parallel) {
  auto isCuda = [](const Unit &u) { return u.device && u.device->api == DeviceApi::Cuda; };
  constexpr size_t most = 16;
  size_t cuda = size_t(std::count_if(units.begin(), units.end(), isCuda)),
         size = std::clamp<size_t>((cuda + parallel - 1) / parallel, 1, most);
  std::vector<Batch> batches;
  for (const Unit &u : units) {
    if (batches.empty() || !isCuda(u) || batches.back().front().device != u.device || batches.back().size() == size)
      batches.emplace_back();
    batches.back().push_back(u);
  }
  return batches;
}

} // namespace

std::string objectKey(const KernelJob &job, const KernelTarget &processor) {
  return Cache::key({job.signature, printSchedule(job.schedule), processor.halide});
}

std::vector<DeviceCode> compileForDevice(const std::vector<const KernelJob *> &jobs, const DeviceTarget &device) {
  std::vector<DeviceCode> codes;
  std::vector<ScheduledKernel> kernels;
  for (const KernelJob *job : jobs)
    kernels.push_back({job->signature, job->deviceSchedule});
  std::string error, first = device.architectures.empty() ? "" : device.architectures.front();
  if (compileDeviceKernels(kernels, device.api, first, codes, error))
    return codes;
  if (jobs.size() > 1) // one of them is wrong: alone, it can be named
    for (const KernelJob *job : jobs)
      compileForDevice({job}, device);
  const KernelJob &job = *jobs.front();
  throw InternalError("device kernel of " + job.label, "",
                      error + "\nschedule: " + printSchedule(job.deviceSchedule) + "\n" + job.signature);
}

CompiledKernels compileKernels(const KernelSet &kernels, const Targets &targets, const Cache &cache,
                               const std::string &folder, const JobOptions &options, Timing &timing) {
  std::vector<Unit> units = allUnits(kernels, targets), missing;
  Progress progress(units.size(), options.progress);
  Pool pool(kernels, targets, cache, folder, timing, progress);
  for (const Unit &u : units) {
    if (std::optional<std::string> known = cache.find(pool.key(u))) {
      writeFile(pool.file(u), *known);
      progress.done();
    } else {
      missing.push_back(u);
    }
  }
  for (const Batch &batch : batchesOf(missing, options.parallel)) {
    while (pool.active() >= options.parallel)
      pool.finishOne();
    if (pool.failed())
      break;
    pool.start(batch);
  }
  while (pool.active())
    pool.finishOne();
  if (pool.failed())
    pool.throwFailure();
  CompiledKernels compiled;
  compiled.devices.resize(targets.devices.size());
  for (const Unit &u : units)
    if (u.device)
      compiled.devices[size_t(u.device - targets.devices.data())].push_back(unpackDeviceCode(readFile(pool.file(u))));
    else
      compiled.objects.push_back(pool.file(u));
  return compiled;
}

} // namespace gan
