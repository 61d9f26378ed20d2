#include "compiler/driver/KernelJobs.h"
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
    pid_t pid = forkProcess([&] { return compile(i); }, log(i));
    running[pid] = {i, std::chrono::steady_clock::now()};
  }

  void finishOne() {
    auto [pid, status] = waitForChild();
    auto it = running.find(pid);
    if (it == running.end())
      return;
    auto [i, begin] = it->second;
    running.erase(it);
    timing.add("  " + kernels.jobs[i].label + " (" + kernels.jobs[i].info.anchor + ", " + kernels.jobs[i].info.symbol +
                   ")",
               std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    if (status) {
      failure = {i, status};
      return;
    }
    cache.store(key(i), readFile(object(i)));
    progress.done();
  }

  bool failed() const { return failure.has_value(); }
  size_t active() const { return running.size(); }
  void throwFailure() const {
    auto [i, status] = *failure;
    const KernelJob &job = kernels.jobs[i];
    if (!isOurFault(status))
      throw UserError("the compilation of the kernel of " + job.label + " " + endText(status) + hint(i, status));
    throw InternalError("kernel of " + job.label, "",
                        tryReadFile(log(i)).value_or("") + "schedule: " + printSchedule(job.schedule) + "\n" +
                            job.signature);
  }

private:
  /// Runs in the child. Its exit status is 1 if the object cannot be written, and 70 for a bug of ours.
  int compile(size_t i) const {
    return guarded([&] {
      std::string error;
      if (!compileKernel(kernels.jobs[i].signature, kernels.jobs[i].schedule, target, object(i), error))
        throw InternalError("compile", "", error);
      return 0;
    });
  }
  std::string hint(size_t i, int status) const {
    if (WIFSIGNALED(status))
      return "; where memory is short, --jobs 1 needs the least";
    std::string said = lastLines(log(i)); // if the disk is full, the log may be missing as well
    return said.empty() ? ": is there space left in " + folder + "?" : said;
  }
  std::string log(size_t i) const { return folder + "/k" + std::to_string(i) + ".log"; }

  const KernelSet &kernels;
  const KernelTarget &target;
  const Cache &cache;
  std::string folder;
  Timing &timing;
  Progress &progress;
  std::map<pid_t, std::pair<size_t, std::chrono::steady_clock::time_point>> running;
  std::optional<std::pair<size_t, int>> failure; ///< the job that failed, and its status
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

std::string targetHelp() { return "what kernels are built for: " + targetNames(); }

KernelTarget givenTarget(const std::string &name) {
  std::optional<KernelTarget> target = kernelTarget(name);
  if (!target)
    throw UserError("unknown target " + name + ", one of: " + targetNames());
  return *target;
}

} // namespace gan
