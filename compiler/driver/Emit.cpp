// `ganc emit` prints the text of one stage to standard output.
#include "compiler/driver/Files.h"
#include "compiler/driver/KernelJobs.h"
#include "compiler/driver/Mpi.h"
#include "compiler/driver/Options.h"
#include "compiler/driver/Stages.h"
#include "dsl/Parser.h"
#include "dsl/Text.h"

#include "llvm/Support/raw_ostream.h"

namespace gan {
namespace {

constexpr const char *stageNames[] = {"tokens",  "ast",     "model",    "gan",  "grad",   "fused",
                                      "planned", "kernels", "schedule", "stmt", "device", "program"};

std::string moduleText(mlir::ModuleOp module, bool locations) {
  std::string text;
  llvm::raw_string_ostream out(text);
  mlir::OpPrintingFlags flags;
  if (locations)
    flags.enableDebugInfo(true, true);
  module->print(out, flags);
  return text + "\n";
}

std::string stmtText(const KernelJob &job, const KernelTarget &target, const TemporaryFolder &folder) {
  std::string error, path = folder.path() + "/kernel.stmt";
  if (!lowerKernel(job.signature, job.schedule, target, path, error))
    throw InternalError("stmt of " + job.label, "", error);
  return readFile(path);
}

/// The launches of a kernel as comments, and the text of its functions.
std::string deviceText(const KernelJob &job, const DeviceTarget &device) {
  DeviceCode code = compileForDevice({&job}, device).front();
  auto triple = [](const int64_t(&v)[3]) {
    return std::to_string(v[0]) + "x" + std::to_string(v[1]) + "x" + std::to_string(v[2]);
  };
  std::string out = "// " + job.info.symbol + " " + job.label + ": " + printSchedule(job.deviceSchedule) + "\n";
  for (const DeviceLaunch &launch : code.launches)
    out += "// launches " + launch.function + ": grid " + triple(launch.grid) + ", block " + triple(launch.block) +
           ", " + std::to_string(launch.shared) + " bytes of shared memory\n";
  return out + code.text + "\n";
}

/// Prints the stages after the planned module: kernels and what they are compiled to.
std::string kernelStage(const std::string &stage, Stages &stages, const LoadedModel &loaded, const Targets &targets,
                        bool shared) {
  mlir::ModuleOp module = stages.lower(PassStage::Planned);
  KernelSet set = stages.kernels(targets);
  if (stage == "program")
    return programFiles(module, loaded, set, targets, {}, shared).text;
  std::string out;
  TemporaryFolder folder;
  for (const KernelJob &job : set.jobs) {
    if (stage == "device") {
      for (const DeviceTarget &device : targets.devices)
        out += deviceText(job, device);
      continue;
    }
    out += (stage == "schedule" ? "" : "// ") + job.info.symbol + " " + job.label + ": " + printSchedule(job.schedule) +
           "\n";
    if (stage == "kernels")
      out += job.signature + "\n";
    if (stage == "stmt")
      out += stmtText(job, targets.processor, folder) + "\n";
  }
  return out;
}

std::string stageText(const std::string &stage, const std::string &file, const Targets &targets, bool locations,
                      Sharing sharing) {
  if (stage == "tokens" || stage == "ast") {
    dsl::Source source(dsl::printable(file), readModel(file));
    dsl::Diagnostics diagnostics;
    dsl::Tokens tokens = dsl::lex(source, diagnostics);
    std::string text =
        stage == "tokens" ? dsl::printTokens(source, tokens) : dsl::printAst(dsl::parse(source, tokens, diagnostics));
    fputs(dsl::render(source, diagnostics).c_str(), stderr);
    return text;
  }
  std::optional<LoadedModel> loaded = loadModel(file);
  if (!loaded)
    return "";
  if (stage == "model")
    return dsl::printModel(loaded->model);
  Timing timing;
  Stages stages(*loaded, timing, sharing);
  if (stage == "gan")
    return moduleText(stages.imported(), locations);
  if (stage == "grad")
    return moduleText(stages.lower(PassStage::Grad), locations);
  if (stage == "fused")
    return moduleText(stages.lower(PassStage::Fused), locations);
  if (stage == "planned")
    return moduleText(stages.lower(PassStage::Planned), locations);
  return kernelStage(stage, stages, *loaded, targets, sharing != Sharing::Alone);
}

} // namespace

static std::string stageList() {
  std::string list;
  for (const char *name : stageNames)
    list += (list.empty() ? "" : " ") + std::string(name);
  return list;
}

static void describeEmit(po::options_description &options) {
  options.add_options()("stage", po::value<std::string>()->value_name("STAGE"), ("one of: " + stageList()).c_str())(
      "locations", "print where each operation stands in the model");
  describeTarget(options);
  describeGpuArch(options);
  describeMpi(options);
}

static int runEmit(const CommandLine &line) {
  std::string file = onlyFile(emitCommand, line);
  if (!line.has("stage"))
    throw UserError("ganc emit needs --stage, one of: " + stageList());
  std::string stage = line.text("stage");
  std::vector<std::string> names(std::begin(stageNames), std::end(stageNames));
  if (std::find(names.begin(), names.end(), stage) == names.end()) {
    std::string near = dsl::nearest(stage, names);
    throw UserError("unknown stage " + stage +
                    (near.empty() ? ", one of: " + stageList() : ": did you mean " + near + "?"));
  }
  Targets targets = givenTargets(line);
  if (stage == "device" && targets.devices.empty())
    throw UserError("--stage device shows the code of GPUs' kernels: add --target cuda or --target opencl");
  std::string text = stageText(stage, file, targets, line.has("locations"), givenSharing(line));
  fputs(text.c_str(), stdout);
  return text.empty();
}

const Command emitCommand{"emit",
                          "print any stage between text and program",
                          "--stage STAGE MODEL.gan [options]",
                          "emit --stage planned models/vae.gan\nemit --stage program models/gan.gan > program.c\n"
                          "emit --stage device --target cuda models/vae.gan",
                          describeEmit,
                          runEmit};

} // namespace gan
