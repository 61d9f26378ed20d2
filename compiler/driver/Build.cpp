// `ganc build` turns a model file into a native trainer. A program that was built from the same text before is taken
// from the cache.
#include "compiler/driver/Assemble.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/KernelJobs.h"
#include "compiler/driver/Link.h"
#include "compiler/driver/Mpi.h"
#include "compiler/driver/Options.h"
#include "compiler/driver/Sizes.h"
#include "compiler/driver/Stages.h"
#include "compiler/driver/TuningFile.h"
#include "dsl/Checker.h"
#include "dsl/Text.h"

#include <thread>

namespace gan {
namespace {

constexpr uint64_t cacheLimit = uint64_t(512) << 20;

struct BuildOptions {
  std::string model, out;
  Targets targets;
  std::optional<int64_t> batch;
  std::string mpi; ///< the compiler of an MPI; "" for a program of one process
  Sharing sharing = Sharing::Alone;
  Cache cache;
  JobOptions jobs;
  KnownSchedules tuned{};
};

/// Compiles the executable and returns its bytes; nothing if the model has mistakes.
std::optional<std::string> compileProgram(const BuildOptions &options, const std::string &modelText, Timing &timing) {
  std::optional<LoadedModel> loaded =
      timing.measure("check", [&] { return loadModel(options.model, modelText, options.batch); });
  if (!loaded)
    return std::nullopt;
  Stages stages(*loaded, timing, options.sharing);
  mlir::ModuleOp module = stages.lower(PassStage::Planned);
  expectCountable(module);
  fputs(memoryWarning(module, loaded->model.batch, machineMemory()).c_str(), stderr);
  const KernelTarget &processor = options.targets.processor;
  KernelSet kernels = stages.kernels(options.targets, options.tuned);
  TemporaryFolder folder;
  CompiledKernels compiled = timing.measure("compile kernels", [&] {
    return compileKernels(kernels, options.targets, options.cache, folder.path(), options.jobs, timing);
  });
  ProgramFiles program =
      programFiles(module, *loaded, kernels, options.targets, compiled.devices, !options.mpi.empty());
  return timing.measure("link", [&] {
    return linkProgram(program, compiled.objects, processor.architecture, options.mpi, folder.path());
  });
}

std::string programKey(const BuildOptions &options, const std::string &modelText) {
  const KernelTarget &processor = options.targets.processor;
  RuntimeFiles runtime = runtimeFiles(processor.architecture);
  std::vector<std::string> parts{"program",
                                 modelText,
                                 options.model,
                                 processor.halide,
                                 options.targets.exactConvolutions ? "exact convolutions" : "",
                                 std::to_string(options.batch.value_or(0)),
                                 std::to_string(int(options.sharing)),
                                 options.tuned.machine,
                                 options.tuned.card,
                                 options.tuned.transfer ? "transfer" : "",
                                 scalarTiles() ? "scalar tiles" : "",
                                 fastHash(readFile(runtime.library)),
                                 fastHash(readFile(runtime.halide)),
                                 linkerIdentity(processor.architecture, options.mpi)};
  for (const std::shared_ptr<const std::string> &text : options.tuned.records.sources())
    parts.push_back(fastHash(*text));
  if (!options.mpi.empty())
    parts.push_back(fastHash(readFile(runtime.include + "/mpi.c")));
  for (const DeviceTarget &device : options.targets.devices)
    for (const std::string &part : identityOf(device, findAssembler()))
      parts.push_back(part);
  return Cache::key(parts);
}

/// What a user should know about the code of CUDA kernels; "" if there is nothing.
std::string assemblerNote(const Targets &targets) {
  for (const DeviceTarget &device : targets.devices)
    if (device.api == DeviceApi::Cuda && findAssembler().empty())
      return "there is no ptxas: the program carries PTX, which the card's driver compiles at the first start; "
             "`tools/setup cuda` fetches one\n";
  return "";
}

/// `--data` of a first run: pictures that every program can draw, or the kind of files that the model reads.
std::string exampleData(const BuildOptions &options, const std::string &modelText) {
  dsl::Source source(options.model, modelText);
  dsl::Diagnostics unseen;
  std::optional<dsl::Model> model = dsl::checkSource(source, unseen, options.batch);
  std::vector<std::string> sources;
  bool table = false, picture = false;
  for (size_t i = 0; model && i < model->data.size(); ++i) {
    const dsl::Data &data = model->data[i];
    table |= !data.columns.empty();
    picture |= data.kind == dsl::DataKind::Image;
    if (data.columns.empty() && data.kind != dsl::DataKind::Categorical)
      sources.push_back(data.name + (data.kind == dsl::DataKind::Image ? "=FOLDER/" : "=FILE.csv"));
  }
  if (!picture)
    return "--data FILE.csv";
  if (table)
    sources.insert(sources.begin(), "FILE.csv");
  if (sources.size() < 2)
    return "--data builtin:glyphs";
  std::string text;
  for (const std::string &one : sources)
    text += (text.empty() ? "--data " : " --data ") + one;
  return text;
}

int build(const BuildOptions &options, bool showTiming) {
  Timing timing;
  std::string modelText = readModel(options.model), key = programKey(options, modelText);
  std::optional<std::string> program = options.cache.find(key);
  if (!program) {
    program = compileProgram(options, modelText, timing);
    if (!program)
      return 1;
    options.cache.store(key, *program);
    options.cache.shrink(cacheLimit);
  }
  writeFile(options.out, *program, true);
  if (options.jobs.progress)
    fputs(assemblerNote(options.targets).c_str(), stderr);
  if (showTiming)
    fputs(timing.text().c_str(), stderr);
  std::string run = options.out.find('/') == std::string::npos ? "./" + options.out : options.out;
  printf("built %s; train it: %s train %s\n", dsl::printable(options.out).c_str(), dsl::printable(run).c_str(),
         exampleData(options, modelText).c_str());
  return 0;
}

std::string stem(const std::string &path) {
  std::string name = path.substr(path.rfind('/') + 1);
  return name.ends_with(".gan") ? name.substr(0, name.size() - 4) : name + ".out";
}

} // namespace

static void describeBuild(po::options_description &options) {
  describeBatch(options);
  options.add_options()("out,o", po::value<std::string>()->value_name("PROGRAM"),
                        "the trainer to write (the model's file name without .gan)")(
      "no-cache", "compile everything anew and keep nothing")("jobs,j", po::value<std::string>()->value_name("N"),
                                                              "kernels compiled at once (as many as there are cores)")(
      "timing", "print where the time went")("quiet,q", "no progress");
  describeTarget(options);
  describeGpuArch(options);
  describeTuningFile(options, true);
  describeMpi(options);
  describeRanks(options);
}

static int runBuild(const CommandLine &line) {
  std::string file = onlyFile(buildCommand, line);
  BuildOptions options{.model = file,
                       .out = line.has("out") ? line.text("out") : stem(file),
                       .targets = givenTargets(line),
                       .batch = givenRankBatch(line),
                       .mpi = givenMpi(line),
                       .sharing = givenSharing(line),
                       .cache = Cache(line.has("no-cache") ? "" : Cache::defaultFolder()),
                       .jobs = {},
                       .tuned = {}};
  if (!options.mpi.empty() && !options.targets.processor.architecture.own)
    throw UserError("--mpi links with the MPI of this machine: build it where the program shall run");
  options.jobs.parallel =
      line.has("jobs") ? unsigned(line.number("jobs", 1, 1024)) : std::max(1u, std::thread::hardware_concurrency());
  options.jobs.progress = !line.has("quiet");
  std::string known = givenTuningFile(line, true);
  options.tuned = {readRecords(known), line.has("tuned-for") ? line.text("tuned-for") : processorName(),
                   line.has("tuned-for") ? line.text("tuned-for") : cardOfThisMachine().name, !line.has("no-transfer")};
  return build(options, line.has("timing"));
}

const Command buildCommand{"build",
                           "compile a model to a native trainer",
                           "MODEL.gan [-o PROGRAM] [options]",
                           "build models/vae.gan -o vae\nbuild models/dcgan.gan --batch 64 --target x86-64-v3\n"
                           "build models/dcgan.gan --target host,cuda --gpu-arch sm_90\n"
                           "build models/dcgan.gan --mpi --global-batch 128 --ranks 4",
                           describeBuild,
                           runBuild};

} // namespace gan
