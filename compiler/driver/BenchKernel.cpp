// `ganc bench-kernel` measures one kernel under one schedule, and lists the kernels of a model.
#include "compiler/codegen/kernels/KernelBody.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/MeasureKernel.h"
#include "compiler/driver/Options.h"
#include "compiler/driver/Stages.h"
#include "dsl/Text.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

namespace gan {
namespace {

/// The kernel that was asked for, by its symbol or by its label if only one has that. Throws UserError and names those
/// that there are.
const KernelJob &kernelNamed(const KernelSet &set, const std::string &name) {
  std::vector<const KernelJob *> found;
  for (const KernelJob &job : set.jobs) {
    if (job.info.symbol == name)
      return job;
    if (job.label == name)
      found.push_back(&job);
  }
  if (found.size() == 1)
    return *found.front();
  if (found.empty())
    throw UserError("the model has no kernel " + name + "; --list shows those that it has");
  std::string symbols;
  for (const KernelJob *job : found)
    symbols += (symbols.empty() ? "" : ", ") + job->info.symbol + " (" + job->info.anchor + ")";
  throw UserError("several kernels are called " + name + ": choose one of " + symbols);
}

/// The schedule that was given; it must be of the same kind as the kernel's own.
Schedule scheduleFor(const KernelJob &job, const std::string &text) {
  std::string error;
  std::optional<Schedule> schedule = parseSchedule(text, error);
  if (!schedule)
    throw UserError("--schedule: " + error);
  if (schedule->anchor != job.schedule.anchor)
    throw UserError("--schedule is for another kind of kernel; that of " + job.label + " looks like `" +
                    printSchedule(job.schedule) + "`");
  return *schedule;
}

Measurement measured(const KernelJob &job, const KernelTarget &processor, const Cache &cache,
                     const MeasureOptions &options) {
  Measurement m = measureKernel(job, processor, cache, options);
  if (m.outcome != Outcome::Measured)
    throw UserError("the kernel of " + job.label + " cannot be measured under `" + printSchedule(job.schedule) +
                    "`: " + m.why);
  return m;
}

std::string jsonText(const KernelJob &job, const Measurement &m, std::optional<double> difference) {
  llvm::json::Object out{{"label", job.label},
                         {"kernel", job.info.symbol},
                         {"anchor", job.info.anchor},
                         {"schedule", printSchedule(job.schedule)},
                         {"threads", m.threads},
                         {"runs", m.runs},
                         {"ms_median", m.msMedian},
                         {"ms_best", m.msBest},
                         {"bound_ms", m.msBound},
                         {"gflops", job.info.flops / m.msMedian * 1e-6},
                         {"gbytes", job.info.bytes / m.msMedian * 1e-6},
                         {"peak_gflops", m.peakGflops}};
  if (difference)
    out["difference"] = *difference;
  std::string text;
  llvm::raw_string_ostream(text) << llvm::formatv("{0:2}", llvm::json::Value(std::move(out)));
  return text + "\n";
}

void print(const KernelJob &job, const Measurement &m, std::optional<double> difference) {
  printf("%s %s (%s), %lld threads: %s\n", job.info.symbol.c_str(), job.label.c_str(), job.info.anchor.c_str(),
         static_cast<long long>(m.threads), printSchedule(job.schedule).c_str());
  printf("%.4f ms (median of %lld; best %.4f): %.1f GFLOP/s, %.1f%% of the measured peak of %.0f; %.1f GB/s\n",
         m.msMedian, static_cast<long long>(m.runs), m.msBest, job.info.flops / m.msMedian * 1e-6,
         100 * job.info.flops / m.msMedian * 1e-6 / m.peakGflops, m.peakGflops, job.info.bytes / m.msMedian * 1e-6);
  printf("it must take %.4f ms at least, %.1f%% of what it does\n", m.msBound, 100 * m.msBound / m.msMedian);
  if (difference)
    printf("its results differ from those of the default schedule by %.1e of the largest value\n", *difference);
}

void describeBenchKernel(po::options_description &options) {
  options.add_options()("list", "the model's kernels with their default schedules")(
      "kernel,k", po::value<std::string>()->value_name("NAME"), "which kernel: its label or its symbol")(
      "schedule,s", po::value<std::string>()->value_name("TEXT"), "in place of the default, as --list writes it")(
      "threads", po::value<std::string>()->value_name("N"), "as many as the machine has if it is not given")(
      "milliseconds", po::value<std::string>()->value_name("N"), "how long it runs over and over (500)")(
      "limit", po::value<std::string>()->value_name("SECONDS"),
      "when compiling or running is given up (60)")("json", "as JSON")("no-cache", "compile anew and keep nothing");
  describeBatch(options);
}

void list(const KernelSet &set) {
  for (const KernelJob &job : set.jobs)
    printf("%s %s (%s): %s\n", job.info.symbol.c_str(), job.label.c_str(), job.info.anchor.c_str(),
           printSchedule(job.schedule).c_str());
}

/// The kernels of a model; nothing if it has mistakes.
std::optional<KernelSet> kernelsOf(const std::string &file, std::optional<int64_t> batch, const KernelTarget &target) {
  std::optional<LoadedModel> loaded = loadModel(file, batch);
  if (!loaded)
    return std::nullopt;
  Timing timing;
  Stages stages(*loaded, timing);
  stages.lower(PassStage::Planned);
  KernelSet set = stages.kernels({target, {}, false});
  set.indexOf.clear(); // its operations end with the stages
  return set;
}

/// Measures the kernel; with `text`, under that schedule, whose results are then held against the default's.
void bench(KernelJob job, const KernelTarget &processor, const Cache &cache, MeasureOptions options,
           const std::optional<std::string> &text, bool json) {
  std::optional<Measurement> expected;
  if (text) {
    Schedule schedule = scheduleFor(job, *text);
    MeasureOptions once = options;
    once.seconds = 0;
    expected = measured(job, processor, cache, once);
    job.schedule = schedule;
  }
  options.roofline = true;
  Measurement m = measured(job, processor, cache, options);
  std::optional<double> difference;
  if (expected)
    difference = differenceOf(job.info, m.results, expected->results);
  if (difference.value_or(0) > allowedDifference)
    throw UserError("under `" + printSchedule(job.schedule) + "` the kernel of " + job.label +
                    " computes something else than under its default schedule");
  if (json)
    fputs(jsonText(job, m, difference).c_str(), stdout);
  else
    print(job, m, difference);
}

int runBenchKernel(const CommandLine &line) {
  std::string file = onlyFile(benchKernelCommand, line);
  bool isText = file.ends_with(".mlir");
  if (!isText && line.has("list") == line.has("kernel"))
    throw UserError("ganc bench-kernel needs either --list or --kernel NAME");
  KernelTarget processor = *kernelTarget("host"); // it is this machine that is measured
  KernelSet set;
  if (isText) {
    set.jobs.push_back(kernelOfText(readFile(file), file, processor));
  } else if (std::optional<KernelSet> known = kernelsOf(file, givenBatch(line), processor)) {
    set = std::move(*known);
  } else {
    return 1;
  }
  if (line.has("list")) {
    list(set);
    return 0;
  }
  MeasureOptions options;
  options.threads = line.has("threads") ? line.number("threads", 1, 1024) : 0;
  options.seconds = double(line.has("milliseconds") ? line.number("milliseconds", 1, 3600000) : 500) / 1000;
  options.limit = line.has("limit") ? line.number("limit", 1, 86400) : 60;
  Cache cache(line.has("no-cache") ? "" : Cache::defaultFolder());
  std::optional<std::string> text;
  if (line.has("schedule"))
    text = line.text("schedule");
  bench(line.has("kernel") ? kernelNamed(set, line.text("kernel")) : set.jobs.front(), processor, cache, options, text,
        line.has("json"));
  return 0;
}

} // namespace

const Command benchKernelCommand{
    "bench-kernel",
    "time of one kernel under one schedule, of a model or of a text that emit --stage kernels printed",
    "MODEL.gan --list | MODEL.gan --kernel NAME [options] | KERNEL.mlir [options]",
    "bench-kernel models/vae.gan --list\nbench-kernel models/vae.gan --kernel k_9073c11f3c041dae\n"
    "bench-kernel models/vae.gan -k k_9073c11f3c041dae -s \"v2 map vec=16 task=16384\"",
    describeBenchKernel,
    runBenchKernel};

} // namespace gan
