// `ganc tune` searches better schedules of a model's kernels and keeps them. The step is profiled first; then round
// after round goes to the kernel that could still save most of it. What was found is written after each round, so an
// interruption loses the round under way only. At the end the step is measured with and without what was found, by
// turns, and what does not help in the step itself is forgotten.
#include "compiler/driver/Assemble.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/PredictedSearch.h"
#include "compiler/driver/Search.h"
#include "compiler/driver/StepProfile.h"
#include "compiler/driver/TuningCurve.h"
#include "compiler/driver/TuningFile.h"
#include "dsl/Text.h"

#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fnmatch.h>
#include <thread>
#include <unistd.h>

namespace gan {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t schedulesOfRound = 6;
constexpr int64_t firstSteps = 5;        ///< that tell how long kernels take
constexpr double negligible = 5e-4;      ///< of a step, which no search could save
constexpr double smallestPossible = 0.1; ///< of a kernel's time, that may always be saved: its bound is no law

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
  int64_t s = std::llround(std::max(0.0, seconds));
  snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(s / 60), static_cast<long long>(s % 60));
  return text;
}

struct TuneOptions {
  ProfileOptions step;
  std::string file, only, curve;
  Targets targets;
  Cache cache;
  double budget = 300;
  int64_t trials = INT64_MAX;
  uint64_t seed = 0;
  unsigned jobs = 1;
  int64_t limit = 20; ///< seconds of a compilation, and of a run

  /// The GPU whose schedules are searched; null: those of the processor are.
  const DeviceTarget *device() const { return targets.devices.empty() ? nullptr : targets.devices.data(); }
  bool predicted = false; ///< whether there is no such GPU, so that times are predicted
};

/// The kernels of the model with default schedules; nothing if it has mistakes.
std::optional<KernelSet> kernelsOf(const TuneOptions &options) {
  std::optional<LoadedModel> loaded = loadModel(options.step.model, options.step.batch);
  if (!loaded)
    return std::nullopt;
  Timing timing;
  Stages stages(*loaded, timing);
  stages.lower(PassStage::Planned);
  KernelSet set = stages.kernels(options.targets);
  set.indexOf.clear(); // its operations end with the stages
  return set;
}

class Tuning {
public:
  Tuning(const TuneOptions &options, const KernelSet &set)
      : options(options), before(readRecords(options.file)), folder(), rounds(makeRounds()) {
    if (options.predicted)
      predictStep(set);
    else
      measureFirst(set);
    makeTasks(set);
  }

  void predictStep(const KernelSet &set) {
    note("predicting the step");
    options.step.machine = predictedMachine(options.device()->architectures.front());
    step = predictedStep(set, before, {"cuda", options.step.machine, ""}, predicting());
    note("");
  }

  void measureFirst(const KernelSet &set) {
    note("measuring the step");
    options.step.machine = machineName(set);
    writeFile(folder.path() + "/known.txt", before.text());
    buildTrainer(options.step, folder.path() + "/known.txt", program("before"), folder.path());
    Clock::time_point start = Clock::now();
    step = profileStep(options.step, program("before"), firstSteps, folder.path());
    profileSeconds = std::chrono::duration<double>(Clock::now() - start).count();
    step.machine.lanes = options.targets.processor.lanes, step.machine.registers = options.targets.processor.registers;
    if (options.device() && !options.device()->architectures.empty())
      step.machine.architecture = options.device()->architectures.front();
  }

  size_t size() const { return tasks.size(); }
  double stepMs() const { return step.ms; }

  void printPlan() const {
    for (const TuneTask &task : tasks)
      printf("%5.1f%%  %9.4f ms, at least %9.4f  %s (%s): %s\n", 100 * task.ms / step.ms, task.ms, task.boundMs,
             task.job.label.c_str(), task.job.info.anchor.c_str(), printSchedule(task.standard()).c_str());
  }

  /// Searches until the time is over, or until nothing is left to try.
  void search(Clock::time_point start) {
    begin = start;
    double most = options.budget - confirmSeconds();
    curve.add(elapsed(), step.ms);
    while (elapsed() < most && tried() < options.trials) {
      TuneTask *task = next();
      if (!task)
        break;
      round(*task);
    }
    note("");
  }

  /// Measures the step before and after by turns, and keeps what makes it shorter.
  void confirm() {
    std::map<TunedKernel, Winner> found = winners();
    printTable();
    if (found.empty()) {
      puts("nothing better than what is known was found");
      return;
    }
    if (options.predicted) {
      printf("the step: %.4f ms before, %.4f ms now, %.2fx, all of it predicted for %s; on a machine with a card, and "
             "through --runner, ganc tune measures\n",
             step.ms, step.ms - saved(), step.ms / (step.ms - saved()),
             options.device()->architectures.front().c_str());
      curve.add(elapsed(), step.ms - saved());
      return;
    }
    auto [old, fresh] = measureStep(found);
    size_t dropped = std::erase_if(found, [&, &was = old, &is = fresh](const auto &entry) {
      const std::string &kernel = entry.first.kernel;
      return is.shares[kernel].ms >= was.shares[kernel].ms;
    });
    if (dropped) {
      printf("%zu of them do not help in the step itself and are not kept\n", dropped);
      if (!found.empty())
        std::tie(old, fresh) = measureStep(found);
    }
    if (fresh.ms >= old.ms)
      found.clear();
    else if (!found.empty())
      printf("the step: %.4f ms before, %.4f ms now, %.2fx\n", old.ms, fresh.ms, old.ms / fresh.ms);
    if (found.empty())
      puts("the step is not shorter, so nothing is kept");
    keep(found);
    curve.add(elapsed(), found.empty() ? old.ms : fresh.ms);
  }

  void writeCurve() const {
    if (!options.curve.empty())
      writeFile(options.curve, curve.svg(options.step.model));
  }

private:
  MeasuredOn measuredOn() const {
    MeasuredOn where{options.targets.processor};
    if (options.device())
      where.device = *options.device();
    return where;
  }
  PredictOptions predicting() const { return {*options.device(), options.cache, options.jobs, options.limit}; }

  std::unique_ptr<Rounds> makeRounds() {
    auto progress = [this](const TuneTask &task) { show(task); };
    if (options.predicted)
      return std::make_unique<PredictedSearch>(predicting(), progress);
    return std::make_unique<Searcher>(SearchOptions{measuredOn(), options.cache, options.step.runner,
                                                    options.step.threads, options.jobs, options.limit},
                                      progress);
  }

  std::string program(const char *name) const { return folder.path() + "/" + name; }
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - begin).count(); }

  /// The name of the machine that measures.
  std::string machineName(const KernelSet &set) const {
    if (!options.step.runner.isRemote())
      return options.device() ? cardOfThisMachine().name : processorName();
    std::vector<KernelProgram> one =
        kernelPrograms({set.jobs.front()}, measuredOn(), options.cache, folder.path(), options.limit, 1);
    MeasureOptions how;
    how.limit = options.limit, how.seconds = 0, how.results = false, how.device = options.step.device;
    Measurement m = runKernelProgram(one[0], how, options.step.runner);
    if (m.outcome != Outcome::Measured)
      throw UserError("the runner does not run the program of a kernel: " + m.why);
    return m.machine;
  }

  void makeTasks(const KernelSet &set) {
    for (const KernelJob &job : set.jobs) {
      auto share = step.shares.find(job.info.symbol);
      if (!job.calls || share == step.shares.end() || fnmatch(options.only.c_str(), job.label.c_str(), 0))
        continue;
      uint64_t seed = options.seed ^ llvm::xxh3_64bits(job.info.symbol);
      bool there = options.device();
      tasks.push_back({job,
                       {there ? "cuda" : options.targets.processor.name, options.step.machine, job.info.symbol},
                       share->second.ms,
                       share->second.boundMs,
                       KernelSearch(there ? job.deviceWorkload : job.workload,
                                    there ? job.deviceSchedule : job.schedule, step.machine, seed)});
      tasks.back().onDevice = there;
    }
    std::stable_sort(tasks.begin(), tasks.end(), [](const TuneTask &a, const TuneTask &b) { return a.ms > b.ms; });
  }

  /// What a search of the kernel may still save of a step, the less the longer it has found nothing.
  static double promise(const TuneTask &task) {
    double now = task.msNow(), possible = std::max(now - task.boundMs, smallestPossible * now);
    return task.done ? 0 : possible / (1 + task.fruitless * task.fruitless);
  }

  TuneTask *next() {
    auto best = std::max_element(tasks.begin(), tasks.end(),
                                 [](const TuneTask &a, const TuneTask &b) { return promise(a) < promise(b); });
    return best == tasks.end() || promise(*best) < negligible * step.ms ? nullptr : &*best;
  }

  void round(TuneTask &task) {
    Records records = readRecords(options.file, false);
    size_t known = records.all().size();
    size_t most = size_t(std::min<int64_t>(schedulesOfRound, options.trials - tried()));
    bool better = rounds->round(task, records, most);
    bool stale = task.best.ms > 0 && !task.improved() && records.winner(task.name);
    if (task.best.ms > 0 && !task.improved())
      records.addWord(task.name, winnerOf(task), defaultIsBest);
    if (better || stale || records.all().size() > known)
      changeRecords(options.file, [&](Records &now) {
        now.add(records);
        if (stale || better)
          now.remove(task.name);
        if (better)
          now.add(task.name, winnerOf(task));
      });
    if (better)
      curve.add(elapsed(), step.ms - saved());
  }

  static Winner winnerOf(const TuneTask &task) {
    return {task.best.schedule, task.best.ms, task.best.defaultMs, printWorkload(task.workload()), GANC_VERSION};
  }

  /// What is new: better than the default and not what was known before.
  std::map<TunedKernel, Winner> winners() const {
    std::map<TunedKernel, Winner> found;
    for (const TuneTask &task : tasks) {
      std::optional<Winner> known = before.winner(task.name);
      if (task.improved() && !(known && known->schedule == task.best.schedule))
        found[task.name] = winnerOf(task);
    }
    return found;
  }

  int64_t tried() const {
    int64_t sum = 0;
    for (const TuneTask &task : tasks)
      sum += task.tried;
    return sum;
  }

  double saved() const {
    double sum = 0;
    for (const TuneTask &task : tasks)
      sum += task.ms - task.msNow();
    return sum;
  }

  int turns() const { return options.budget >= 180 ? 3 : 2; }
  /// Twice, since what does not help is left out.
  double confirmSeconds() const {
    return options.predicted ? 0 : std::min(0.4 * options.budget, 2 + 4 * turns() * profileSeconds);
  }

  /// The step before and with what was found. Of several turns each kernel's and the step's shortest times count.
  std::pair<StepProfile, StepProfile> measureStep(const std::map<TunedKernel, Winner> &found) {
    note("measuring the step with and without what was found");
    Records with = before;
    for (const auto &[kernel, winner] : found) {
      with.remove(kernel);
      with.add(kernel, winner);
    }
    writeFile(folder.path() + "/found.txt", with.text());
    buildTrainer(options.step, folder.path() + "/found.txt", program("after"), folder.path());
    StepProfile best[2];
    auto steps = std::clamp(int64_t(1000 / step.ms), firstSteps, int64_t(200));
    for (int turn = 0; turn < turns(); ++turn)
      for (int i : {0, 1}) {
        StepProfile now = profileStep(options.step, program(i ? "after" : "before"), steps, folder.path());
        if (turn == 0)
          best[i] = now;
        best[i].ms = std::min(best[i].ms, now.ms);
        for (auto &[kernel, share] : best[i].shares)
          share.ms = std::min(share.ms, now.shares[kernel].ms);
      }
    note("");
    return {best[0], best[1]};
  }

  /// Leaves what was found and is in `kept`; of the rest what was known before.
  void keep(const std::map<TunedKernel, Winner> &kept) {
    changeRecords(options.file, [&](Records &records) {
      for (const auto &[kernel, winner] : winners()) {
        if (kept.count(kernel))
          continue;
        records.remove(kernel);
        if (std::optional<Winner> earlier = before.winner(kernel))
          records.add(kernel, *earlier);
      }
    });
  }

  void printTable() const {
    for (const TuneTask &task : tasks)
      if (task.best.ms > 0)
        printf("%5.1f%%  %9.4f ms -> %9.4f  %5.2fx  %s (%s), %d tried%s%s\n", 100 * task.ms / step.ms,
               task.best.defaultMs, task.best.ms, task.best.gain(), task.job.label.c_str(),
               task.job.info.anchor.c_str(), task.tried, task.improved() ? ": " : "",
               task.improved() ? printSchedule(task.best.schedule).c_str() : "");
    fflush(stdout);
  }

  static void note(const char *text) {
    if (isatty(2))
      fprintf(stderr, "\r\033[K%s", text);
  }

  void show(const TuneTask &task) const {
    if (isatty(2))
      fprintf(stderr, "\r\033[K%s: %d tried, best %.2fx of the default; step %.1f%% shorter so far; %s left",
              task.job.label.c_str(), task.tried, task.best.ms > 0 ? task.best.gain() : 1.0, 100 * saved() / step.ms,
              clockText(options.budget - elapsed()).c_str());
  }

  TuneOptions options;
  Records before;
  TemporaryFolder folder;
  std::unique_ptr<Rounds> rounds;
  StepProfile step; ///< with what was known before
  double profileSeconds = 0;
  std::vector<TuneTask> tasks;
  Clock::time_point begin = Clock::now();
  TuningCurve curve;
};

int tune(const TuneOptions &options, bool dry) {
  Clock::time_point start = Clock::now();
  std::optional<KernelSet> set = kernelsOf(options);
  if (!set)
    return 1;
  Tuning tuning(options, *set);
  if (!tuning.size())
    throw UserError("--only " + options.only + " matches no kernel that training calls");
  printf("a step %s %.4f ms; %zu kernels, to be tuned for %s\n", options.predicted ? "is predicted to take" : "takes",
         tuning.stepMs(), tuning.size(), clockText(options.budget).c_str());
  if (dry) {
    tuning.printPlan();
    return 0;
  }
  tuning.search(start);
  tuning.confirm();
  tuning.writeCurve();
  printf("what is known of schedules is kept in %s\n", dsl::printable(options.file).c_str());
  return 0;
}

void describeTune(po::options_description &options) {
  auto value = [](const char *name) { return po::value<std::string>()->value_name(name); };
  options.add_options()("budget", value("TIME")->default_value("5m"), "how long to search: 30s, 5m, 1h")(
      "trials", value("N"), "how many schedules to try at most")("only", value("PATTERN")->default_value("*"),
                                                                 "kernels by label: 'D.2*'")(
      "threads", value("N"), "of the measured programs; as many as the machine has if it is not given")(
      "jobs,j", value("N"), "programs that are compiled at once (as many as there are cores)")(
      "runner", value("COMMAND"), "measure on another machine: a command that runs the shell text {}: 'ssh board {}'")(
      "seed", value("N"), "of the schedules that are tried at random (0)")(
      "limit", value("SECONDS"), "when compiling or running a schedule is given up (20)")(
      "curve", value("FILE.svg"), "draw the step's time against that of the search")("dry-run", "what would be tuned")(
      "show", "the records of the database")("merge", "adds the records of the files that are given to the database")(
      "prune", "removes records that cannot be read or are no gain");
  describeBatch(options);
  describeTarget(options);
  describeGpuArch(options);
  describeTuningFile(options, false);
}

/// With a GPU among the targets its schedules are searched: on this machine's card, on that of the runner, or, where
/// there is none, by predictions.
void chooseDevice(TuneOptions &options) {
  const DeviceTarget *device = options.device();
  if (!device)
    return;
  if (device->api != DeviceApi::Cuda || options.targets.devices.size() > 1)
    throw UserError("of GPUs, schedules are tuned for cuda alone");
  options.predicted = !options.step.runner.isRemote() && cardOfThisMachine().name.empty();
  options.step.target += ",cuda";
  options.step.device = "cuda";
  for (const std::string &name : device->architectures)
    options.step.architectures += (options.step.architectures.empty() ? "" : ",") + name;
}

TuneOptions givenOptions(const CommandLine &line, const std::string &file) {
  TuneOptions options{{onlyFile(tuneCommand, line), "", givenBatch(line)},
                      file,
                      line.text("only"),
                      line.has("curve") ? line.text("curve") : "",
                      givenTargets(line),
                      Cache(Cache::defaultFolder())};
  options.step.target = options.targets.processor.name;
  options.step.threads = line.has("threads") ? line.number("threads", 1, 1024) : 0;
  if (line.has("runner"))
    options.step.runner = Runner(line.text("runner"));
  options.budget = durationOf(line.text("budget"));
  options.trials = line.has("trials") ? line.number("trials", 1, INT64_MAX) : INT64_MAX;
  options.seed = line.has("seed") ? uint64_t(line.number("seed", 0, INT64_MAX)) : 0;
  options.limit = line.has("limit") ? line.number("limit", 1, 86400) : options.limit;
  options.jobs =
      line.has("jobs") ? unsigned(line.number("jobs", 1, 1024)) : std::max(1u, std::thread::hardware_concurrency());
  if (options.targets.exactConvolutions)
    throw UserError("schedules are tuned for all algorithms: --exact-convolutions is an option of ganc build");
  chooseDevice(options);
  std::string host = kernelTarget("host")->name;
  if (options.targets.processor.name != host && !options.step.runner.isRemote())
    throw UserError("--target " + options.targets.processor.name + " is not this machine (" + host +
                    "), on which schedules are measured; --runner names another");
  return options;
}

int runTune(const CommandLine &line) {
  std::string file = givenTuningFile(line, false);
  if (file.empty())
    throw UserError("there is no folder for the database: set HOME, or name a file with --db");
  if (line.has("show")) {
    showRecords(file);
  } else if (line.has("prune")) {
    pruneRecords(file);
  } else if (line.has("merge")) {
    if (line.files.empty())
      throw UserError("--merge takes the files whose records are added");
    mergeRecords(file, line.files);
  } else {
    return tune(givenOptions(line, file), line.has("dry-run"));
  }
  return 0;
}

} // namespace

const Command tuneCommand{"tune",
                          "search better schedules for this machine; ganc build then uses them",
                          "MODEL.gan [options] | --show | --prune | --merge FILE ..",
                          "tune models/infogan.gan --budget 2m\ntune models/dcgan.gan --only 'D.2*' --db tuning.txt\n"
                          "tune models/vae.gan --target arm64 --runner 'ssh board {}'\n"
                          "tune models/vae.gan --target host,cuda --gpu-arch sm_90\n"
                          "tune --merge theirs.txt --db tuning.txt",
                          describeTune,
                          runTune};

} // namespace gan
