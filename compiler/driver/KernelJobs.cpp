#include "compiler/driver/KernelJobs.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Process.h"

#include <chrono>
#include <cstdio>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

namespace gan {
namespace {

/// "kernels 12/34", rewritten in place on a terminal, one line at the end elsewhere.
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

class Pool {
public:
  Pool(const KernelSet &kernels, const KernelTarget &target, const Cache &cache, const std::string &folder,
       Timing &timing, Progress &progress)
      : kernels(kernels), target(target), cache(cache), folder(folder), timing(timing), progress(progress) {}

  std::string object(size_t i) const { return folder + "/k" + std::to_string(i) + ".o"; }
  std::string key(size_t i) const {
    return Cache::key({kernels.jobs[i].signature, printSchedule(kernels.jobs[i].schedule), target.halide});
  }

  void start(size_t i) {
    std::string module = folder + "/k" + std::to_string(i) + ".mlir";
    writeFile(module, kernels.jobs[i].signature);
    pid_t pid = startProcess(
        {ownPath(), "--compile-kernel", module, printSchedule(kernels.jobs[i].schedule), target.name, object(i)},
        log(i), "ganc cannot find itself: " + ownPath());
    running[pid] = {i, std::chrono::steady_clock::now()};
  }

  void finishOne() {
    int status = 0;
    pid_t pid = wait(&status);
    auto it = running.find(pid);
    if (it == running.end())
      return;
    auto [i, begin] = it->second;
    running.erase(it);
    timing.add("  " + kernels.jobs[i].label + " (" + kernels.jobs[i].info.anchor + ", " + kernels.jobs[i].info.symbol +
                   ")",
               std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
      failure = i;
      return;
    }
    cache.store(key(i), readFile(object(i)));
    progress.done();
  }

  bool failed() const { return failure >= 0; }
  size_t active() const { return running.size(); }
  void throwFailure() const {
    const KernelJob &job = kernels.jobs[failure];
    throw InternalError("kernel of " + job.label, "",
                        tryReadFile(log(failure)).value_or("") + "schedule: " + printSchedule(job.schedule) + "\n" +
                            job.signature);
  }

private:
  std::string log(size_t i) const { return folder + "/k" + std::to_string(i) + ".log"; }

  const KernelSet &kernels;
  const KernelTarget &target;
  const Cache &cache;
  std::string folder;
  Timing &timing;
  Progress &progress;
  std::map<pid_t, std::pair<size_t, std::chrono::steady_clock::time_point>> running;
  int64_t failure = -1;
};

} // namespace

std::vector<std::string> compileKernels(const KernelSet &kernels, const KernelTarget &target, const Cache &cache,
                                        const std::string &folder, const JobOptions &options, Timing &timing) {
  Progress progress(kernels.jobs.size(), options.progress);
  Pool pool(kernels, target, cache, folder, timing, progress);
  std::vector<std::string> objects;
  std::vector<size_t> missing;
  for (size_t i = 0; i < kernels.jobs.size(); ++i) {
    objects.push_back(pool.object(i));
    if (std::optional<std::string> known = cache.find(pool.key(i))) {
      writeFile(objects.back(), *known);
      progress.done();
    } else {
      missing.push_back(i);
    }
  }
  for (size_t i : missing) {
    while (pool.active() >= options.parallel)
      pool.finishOne();
    if (pool.failed())
      break;
    pool.start(i);
  }
  while (pool.active())
    pool.finishOne();
  if (pool.failed())
    pool.throwFailure();
  return objects;
}

int compileKernelChild(const std::vector<std::string> &arguments) {
  std::string error;
  std::optional<Schedule> schedule = parseSchedule(arguments.at(1), error);
  std::optional<KernelTarget> target = kernelTarget(arguments.at(2));
  if (schedule && target && compileKernel(readFile(arguments.at(0)), *schedule, *target, arguments.at(3), error))
    return 0;
  fprintf(stderr, "%s\n", error.c_str());
  return 1;
}

KernelTarget givenTarget(const std::string &name) {
  std::optional<KernelTarget> target = kernelTarget(name);
  if (!target)
    throw UserError("unknown target " + name + ", one of: host, x86-64, x86-64-v2, x86-64-v3, x86-64-v4");
  return *target;
}

} // namespace gan
