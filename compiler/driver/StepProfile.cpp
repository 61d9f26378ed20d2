#include "compiler/driver/StepProfile.h"
#include "compiler/driver/Files.h"
#include "compiler/driver/Process.h"

#include "llvm/Support/JSON.h"

namespace gan {
namespace {

constexpr double stepLimit = 3600; // seconds, after which a trainer hangs

double numberOf(const llvm::json::Object &object, const char *name) { return object.getNumber(name).value_or(0); }

/// Reads what `bench --profile --json` prints; nothing if it is something else.
std::optional<StepProfile> profileOf(const std::string &text) {
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (!value) {
    llvm::consumeError(value.takeError());
    return std::nullopt;
  }
  const llvm::json::Object *object = value->getAsObject();
  const llvm::json::Array *calls = object ? object->getArray("profile") : nullptr;
  const llvm::json::Object *roofline = object ? object->getObject("roofline") : nullptr;
  if (!calls || numberOf(*object, "ms_median") <= 0)
    return std::nullopt;
  StepProfile step;
  step.ms = numberOf(*object, "ms_median");
  for (const llvm::json::Value &one : *calls)
    if (const llvm::json::Object *call = one.getAsObject()) {
      StepProfile::Share &share = step.shares[call->getString("kernel").value_or("").str()];
      share.ms += numberOf(*call, "us") / 1000, share.boundMs += numberOf(*call, "bound_us") / 1000;
    }
  step.machine.threads = int64_t(numberOf(*object, "threads"));
  if (!roofline) // of a card nothing was measured
    return step;
  step.machine.flopsEachSecond = numberOf(*roofline, "peak_gflops") * 1e9;
  if (const llvm::json::Array *bandwidths = roofline->getArray("bandwidths")) {
    step.machine.levels.clear();
    for (const llvm::json::Value &one : *bandwidths)
      if (const llvm::json::Object *level = one.getAsObject())
        step.machine.levels.push_back({numberOf(*level, "mib") * 1048576, numberOf(*level, "gbytes") * 1e9});
  }
  bool whole = step.machine.threads > 0 && step.machine.flopsEachSecond > 0 && !step.machine.levels.empty();
  return whole ? std::optional(step) : std::nullopt;
}

} // namespace

void buildTrainer(const ProfileOptions &options, const std::string &records, const std::string &program,
                  const std::string &folder) {
  std::string log = folder + "/build.log";
  std::vector<std::string> words{"sh",           "-c",       "exec \"$@\" > /dev/null",
                                 "sh",           ownPath(),  "build",
                                 options.model,  "-q",       "-o",
                                 program,        "--target", options.target,
                                 "--no-transfer"};
  if (!options.architectures.empty())
    words.insert(words.end(), {"--gpu-arch", options.architectures});
  if (options.batch)
    words.insert(words.end(), {"--batch", std::to_string(*options.batch)});
  if (records.empty())
    words.push_back("--no-tuning-db");
  else
    words.insert(words.end(), {"--db", records, "--tuned-for", options.machine});
  if (int status = waitForChild(startProcess(words, log, "there is no shell")).status)
    throw UserError("the model cannot be built to measure its step: ganc build " + endText(status) + lastLines(log));
}

StepProfile profileStep(const ProfileOptions &options, const std::string &program, int64_t steps,
                        const std::string &folder) {
  std::string out = folder + "/bench.json", log = folder + "/bench.log";
  std::vector<std::string> words{"bench",        "--json",  "--profile",          "--device",
                                 options.device, "--steps", std::to_string(steps)};
  if (options.threads)
    words.insert(words.end(), {"--threads", std::to_string(options.threads)});
  int status = options.runner.run(program, words, out, log, stepLimit);
  std::string runner = options.runner.isRemote() ? "; is --runner right?" : "";
  if (status)
    throw UserError("the step cannot be measured: bench " + endText(status) + runner + lastLines(log));
  std::optional<StepProfile> step = profileOf(readFile(out));
  if (!step)
    throw UserError("the step cannot be measured: bench does not print what it should" + runner);
  return *step;
}

} // namespace gan
