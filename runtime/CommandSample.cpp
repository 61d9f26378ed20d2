// sample and evaluate: what a checkpoint makes, and how good it is.
#include "runtime/Command.h"
#include "runtime/Error.h"
#include "runtime/Evaluation.h"

#include <nlohmann/json.hpp>

namespace ganrt {

int sampleCommand(const gan_program &program, const Words &words) {
  RunOptions run;
  std::string checkpoint, out;
  int64_t count = 64;
  po::options_description description("options");
  description.add_options()("checkpoint", po::value(&checkpoint), "checkpoint file or run folder")(
      "count", po::value(&count)->default_value(64), "images")("out", po::value(&out)->default_value("samples.png"),
                                                               "picture to write");
  addRunOptions(description, run);
  if (!parseOptions(words, "sample --checkpoint RUN [options]", description))
    return 0;
  if (!findGraph(program, GAN_GRAPH_SAMPLE))
    throw UserError(std::string("model ") + program.model +
                    " has no decoder that is reached from latents alone: nothing to sample");
  if (checkpoint.empty())
    throw UserError("sample needs --checkpoint: a file or a run folder");
  if (count < 1 || count > 4096)
    throw UserError("--count must lie between 1 and 4096");
  startKernels(threadCount(run.threads));
  Numbers numbers(program, run.settings);
  State state(program, run.seed);
  loadState(program, state, checkpointPath(checkpoint));
  writePng(out, sampleGrid(program, state, numbers, run.seed, count));
  printf("%s\n", out.c_str());
  return 0;
}

int evaluateCommand(const gan_program &program, const Words &words) {
  RunOptions run;
  std::string checkpoint, where;
  bool json = false;
  po::options_description description("options");
  description.add_options()("checkpoint", po::value(&checkpoint), "checkpoint file or run folder")(
      "data", po::value(&where)->default_value("builtin:glyphs"),
      "folder of IDX files, or builtin:glyphs: its test images")("json", po::bool_switch(&json), "as JSON");
  addRunOptions(description, run);
  if (!parseOptions(words, "evaluate --checkpoint RUN --data DATA [options]", description))
    return 0;
  if (checkpoint.empty())
    throw UserError("evaluate needs --checkpoint: a file or a run folder");
  startKernels(threadCount(run.threads));
  Numbers numbers(program, run.settings);
  State state(program, run.seed);
  Moment moment = loadState(program, state, checkpointPath(checkpoint));
  std::string note;
  Dataset data = loadData(where, Part::Test, wantedData(*findGraph(program, GAN_GRAPH_EVALUATE)), 0, note);
  if (!data.count)
    throw UserError(where + ": has no test images");
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (auto &[name, value] : evaluateData(program, state, numbers, run.seed, data, moment)) {
    out[name] = value;
    if (!json)
      printf("%-24s %.6g\n", name.c_str(), value);
  }
  if (json)
    printf("%s\n", out.dump(2).c_str());
  return 0;
}

} // namespace ganrt
