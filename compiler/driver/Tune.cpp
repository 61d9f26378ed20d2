// `ganc tune` measures schedules of a model's kernels and keeps those that are faster. Kernels that take most of a step
// come first and get most of the time. What was found is written after each kernel, so an interruption loses the kernel
// under way only. At the end the step is measured with and without what was found, by turns.
#include "compiler/driver/Files.h"
#include "compiler/driver/Process.h"
#include "compiler/driver/Search.h"
#include "compiler/driver/TuningFile.h"
#include "dsl/Text.h"

#include "llvm/Support/JSON.h"

#include <algorithm>
#include <cmath>
#include <fnmatch.h>

namespace gan {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// A kernel to tune: its place in the kernel set, and the milliseconds of a step that it takes by default.
struct Task {
  const KernelJob *job;
  double ms;
};

/// Seconds of "90", "90s", "5m" or "1h". Throws UserError.
double durationOf(const std::string &text) {
  size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception &) {
    used = 0;
  }
  std::string unit = text.substr(used);
  double scale = unit == "h" ? 3600 : unit == "m" ? 60 : unit.empty() || unit == "s" ? 1 : 0;
  if (!used || !scale || !(value > 0) || value > 1e6)
    throw UserError("--budget takes a time like 30s, 5m or 1h, not " + text);
  return value * scale;
}

std::string clockText(double seconds) {
  char text[32];
  int64_t s = int64_t(std::max(0.0, seconds) + 0.5);
  snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(s / 60), static_cast<long long>(s % 60));
  return text;
}

struct TuneOptions {
  std::string model, file, only;
  Targets targets;
  std::optional<int64_t> batch;
  Cache cache;
  double budget = 300;
  int64_t threads = 0;
  uint64_t seed = 0;
};

class Tuning {
public:
  Tuning(const TuneOptions &options, KernelSet set)
      : options(options), set(std::move(set)), machine(processorName()),
        measurer(options.targets.processor, options.cache, options.threads), random(options.seed) {}

  /// Measures each kernel once; those that take most of a step come first.
  std::vector<Task> tasks() {
    std::vector<Task> tasks;
    for (const KernelJob &job : set.jobs) {
      if (!job.calls || fnmatch(options.only.c_str(), job.label.c_str(), 0))
        continue;
      Trial t = measurer.trial(job, job.schedule, 0.02);
      if (t.word.empty())
        tasks.push_back({&job, t.ms * double(job.calls)});
      else
        fprintf(stderr, "warning: %s cannot be measured (%s)\n", job.label.c_str(), t.word.c_str());
    }
    std::stable_sort(tasks.begin(), tasks.end(), [](const Task &a, const Task &b) { return a.ms > b.ms; });
    return tasks;
  }

  TunedKernel nameOf(const KernelJob &job) const { return {options.targets.processor.name, machine, job.info.symbol}; }

  /// Tunes until the time is over; returns what was found and not known before.
  std::map<TunedKernel, Winner> run(const std::vector<Task> &tasks, Clock::time_point end) {
    double total = 0;
    for (const Task &task : tasks)
      total += task.ms;
    std::map<TunedKernel, Winner> found;
    double left = total, saved = 0;
    for (const Task &task : tasks) {
      double remaining = Seconds(end - Clock::now()).count();
      if (remaining <= 0)
        break;
      // What a kernel leaves over of its share is for those that follow.
      SearchLimits limits{Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                             Seconds(std::max(2.0, remaining * task.ms / left))),
                          options.targets.processor.registers, [&](const Winner &best, int tried) {
                            show(task, best, tried, total, saved, Seconds(end - Clock::now()).count());
                          }};
      left -= task.ms;
      tune(task, limits, found, saved, total);
    }
    return found;
  }

private:
  void tune(const Task &task, const SearchLimits &limits, std::map<TunedKernel, Winner> &found, double &saved,
            double total) {
    TunedKernel name = nameOf(*task.job);
    Records records = readRecords(options.file);
    std::optional<Winner> best = searchSchedule(*task.job, name, records, measurer, limits, random);
    if (!best)
      return;
    bool better = best->schedule != task.job->schedule;
    changeRecords(options.file, [&](Records &now) {
      std::vector<std::string> ignored;
      now.add(records.text(), ignored);
      if (better) {
        now.remove(name);
        now.add(name, *best);
      }
    });
    if (better) {
      found[name] = *best;
      saved += task.ms * (1 - best->ms / best->defaultMs);
    }
    clearLine();
    printf("%5.1f%%  %9.4f ms -> %9.4f  %5.2fx  %s (%s)%s%s\n", 100 * task.ms / total, best->defaultMs, best->ms,
           best->defaultMs / best->ms, task.job->label.c_str(), task.job->info.anchor.c_str(), better ? ": " : "",
           better ? printSchedule(best->schedule).c_str() : "");
    fflush(stdout);
  }

  static void clearLine() {
    if (isatty(2))
      fputs("\r\033[K", stderr);
  }

  static void show(const Task &task, const Winner &best, int tried, double total, double saved, double left) {
    if (isatty(2))
      fprintf(stderr, "\r\033[K%s: %d tried, best %.2fx of the default; step %.1f%% shorter so far; %s left",
              task.job->label.c_str(), tried, best.defaultMs / best.ms, 100 * saved / total, clockText(left).c_str());
  }

  TuneOptions options;
  KernelSet set;
  std::string machine;
  Measurer measurer;
  std::mt19937_64 random;
};

/// Milliseconds of a step of a program, the median that it measures itself.
double stepOf(const std::string &program, const TuneOptions &options, const std::string &folder) {
  std::string out = folder + "/bench.json", log = folder + "/bench.log";
  std::vector<std::string> words{"sh",       "-c", "exec \"$@\" > \"$0\"", out, program, "bench", "--json",
                                 "--device", "cpu"};
  if (options.threads)
    words.insert(words.end(), {"--threads", std::to_string(options.threads)});
  int status = waitForChild(startProcess(words, log, "there is no shell")).status;
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(status ? "" : readFile(out));
  const llvm::json::Object *object = value ? value->getAsObject() : nullptr;
  if (!value)
    llvm::consumeError(value.takeError());
  if (!object || !object->getNumber("ms_median"))
    throw UserError("the step cannot be measured: bench " + endText(status) + lastLines(log));
  return *object->getNumber("ms_median");
}

void buildWith(const TuneOptions &options, const std::string &file, const std::string &program,
               const std::string &folder) {
  std::string log = folder + "/build.log";
  std::vector<std::string> words{
      "sh",    "-c",       "exec \"$@\" > /dev/null",     "sh", ownPath(), "build", options.model, "-q", "-o",
      program, "--target", options.targets.processor.name};
  if (options.batch)
    words.insert(words.end(), {"--batch", std::to_string(*options.batch)});
  if (file.empty())
    words.push_back("--no-tuning-db");
  else
    words.insert(words.end(), {"--db", file});
  int status = waitForChild(startProcess(words, log, "there is no shell")).status;
  if (status)
    throw UserError("the model cannot be built to measure its step: ganc build " + endText(status) + lastLines(log));
}

/// Measures the step before and after by turns; forgets what was found if the step is not shorter.
void confirm(const TuneOptions &options, const std::map<TunedKernel, Winner> &found, const Records &before) {
  TemporaryFolder folder;
  std::string old = folder.path() + "/before", fresh = folder.path() + "/after", known = folder.path() + "/known.txt";
  writeFile(known, before.text());
  buildWith(options, known, old, folder.path());
  buildWith(options, options.file, fresh, folder.path());
  double best[2] = {INFINITY, INFINITY};
  for (int round = 0; round < 3; ++round) {
    best[0] = std::min(best[0], stepOf(old, options, folder.path()));
    best[1] = std::min(best[1], stepOf(fresh, options, folder.path()));
  }
  printf("the step: %.4f ms before, %.4f ms now, %.2fx\n", best[0], best[1], best[0] / best[1]);
  if (best[1] < best[0])
    return;
  changeRecords(options.file, [&](Records &records) {
    for (const auto &[name, winner] : found) {
      records.remove(name);
      if (const Winner *earlier = before.winner(name))
        records.add(name, *earlier);
    }
  });
  puts("which is no gain, so nothing is kept");
}

int tune(const TuneOptions &options, bool dry) {
  Clock::time_point start = Clock::now();
  std::optional<LoadedModel> loaded = loadModel(options.model, options.batch);
  if (!loaded)
    return 1;
  Timing timing;
  Stages stages(*loaded, timing);
  stages.lower(PassStage::Planned);
  KernelSet set = stages.kernels(options.targets);
  set.indexOf.clear(); // its operations end with the stages
  Records before = readRecords(options.file);
  Tuning tuning(options, std::move(set));
  std::vector<Task> tasks = tuning.tasks();
  if (tasks.empty())
    throw UserError("--only " + options.only + " matches no kernel that training calls");
  double total = 0;
  for (const Task &task : tasks)
    total += task.ms;
  printf("%zu kernels, %.4f ms of a step, to be tuned for %s\n", tasks.size(), total,
         clockText(options.budget).c_str());
  if (dry) {
    for (const Task &task : tasks)
      printf("%5.1f%%  %9.4f ms  %s (%s), for %s: %s\n", 100 * task.ms / total, task.ms, task.job->label.c_str(),
             task.job->info.anchor.c_str(), clockText(options.budget * task.ms / total).c_str(),
             printSchedule(task.job->schedule).c_str());
    return 0;
  }
  std::map<TunedKernel, Winner> found =
      tuning.run(tasks, start + std::chrono::duration_cast<Clock::duration>(Seconds(options.budget)));
  if (found.empty())
    puts("nothing better than what is known was found");
  else
    confirm(options, found, before);
  printf("what is known of schedules is kept in %s\n", dsl::printable(options.file).c_str());
  return 0;
}

void showRecords(const std::string &path) {
  Records records = readRecords(path);
  for (const auto &[kernel, winner] : records.all())
    printf("%5.2fx  %9.4f ms  %s  %s  %s: %s\n", winner.defaultMs / winner.ms, winner.ms, kernel.kernel.c_str(),
           kernel.target.c_str(), kernel.machine.c_str(), printSchedule(winner.schedule).c_str());
  printf("%zu kernels in %s\n", records.all().size(), dsl::printable(path).c_str());
}

void mergeRecords(const std::string &path, const Words &files) {
  changeRecords(path, [&](Records &records) {
    for (const std::string &file : files) {
      std::vector<std::string> warnings;
      records.add(readFile(file), warnings);
      for (const std::string &warning : warnings)
        fprintf(stderr, "warning: %s, %s\n", dsl::printable(file).c_str(), dsl::printable(warning).c_str());
    }
  });
  showRecords(path);
}

void describeTune(po::options_description &options) {
  options.add_options()("budget", po::value<std::string>()->value_name("TIME")->default_value("5m"),
                        "how long to search: 30s, 5m, 1h")(
      "only", po::value<std::string>()->value_name("PATTERN")->default_value("*"), "kernels by label: 'D.2*'")(
      "threads", po::value<std::string>()->value_name("N"), "as many as the machine has if it is not given")(
      "seed", po::value<std::string>()->value_name("N"),
      "of the order in which schedules are tried (0)")("dry-run", "what would be tuned, and for how long")(
      "show", "the records of the database")("merge", "adds the records of the files that are given to the database");
  describeBatch(options);
  describeTarget(options);
  describeTuningFile(options, false);
}

int runTune(const CommandLine &line) {
  std::string file = givenTuningFile(line, false);
  if (file.empty())
    throw UserError("there is no folder for the database: set HOME, or name a file with --db");
  if (line.has("show")) {
    showRecords(file);
    return 0;
  }
  if (line.has("merge")) {
    if (line.files.empty())
      throw UserError("--merge takes the files whose records are added");
    mergeRecords(file, line.files);
    return 0;
  }
  TuneOptions options{onlyFile(tuneCommand, line),  file, line.text("only"), givenTargets(line), givenBatch(line),
                      Cache(Cache::defaultFolder())};
  options.budget = durationOf(line.text("budget"));
  options.threads = line.has("threads") ? line.number("threads", 1, 1024) : 0;
  options.seed = line.has("seed") ? uint64_t(line.number("seed", 0, INT64_MAX)) : 0;
  if (options.targets.exactConvolutions || !options.targets.devices.empty())
    throw UserError("schedules are tuned for processors and for all algorithms: --exact-convolutions and GPUs are "
                    "options of ganc build");
  if (options.targets.processor.name != kernelTarget("host")->name)
    throw UserError("--target " + options.targets.processor.name + " is not this machine (" +
                    kernelTarget("host")->name + "), on which schedules are measured");
  return tune(options, line.has("dry-run"));
}

} // namespace

const Command tuneCommand{"tune",
                          "search better schedules for this machine; ganc build then uses them",
                          "MODEL.gan [options] | --show | --merge FILE ..",
                          "tune models/infogan.gan --budget 2m\ntune models/dcgan.gan --only 'D.2*' --db tuning.txt\n"
                          "tune --merge theirs.txt --db tuning.txt",
                          describeTune,
                          runTune};

} // namespace gan
