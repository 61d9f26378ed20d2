#include "runtime/Command.h"
#include "runtime/Checkpoint.h"
#include "runtime/CheckpointFiles.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/Layout.h"
#include "runtime/Machine.h"
#include "runtime/Text.h"

namespace ganrt {

void addRunOptions(po::options_description &description, RunOptions &options) {
  description.add_options()("seed", po::value(&options.seed)->value_name("N")->default_value(0),
                            "of everything random")("threads",
                                                    po::value(&options.threads)->value_name("N")->default_value(0),
                                                    "0: one for each core that it may use; the results are the same")(
      "set", po::value(&options.settings)->value_name("NAME=X"),
      "another number of the model (see info); a latent where such are drawn");
}

void addDataOptions(po::options_description &description, DataOptions &options) {
  auto add = description.add_options();
  add("data", po::value(&options.where)->value_name("DATA"),
      "folder of images, IDX or CIFAR files; .npy, .npz; builtin:glyphs");
  add("labels", po::value(&options.labels)->value_name("FILE"), "labels of an .npy, as another");
  add("holdout", po::value(&options.holdout)->value_name("SHARE")->default_value(0),
      "kept for testing where the data has no test part");
  add("on-corrupt", po::value(&options.onCorrupt)->value_name("skip|stop")->default_value("skip"),
      "what damaged images do");
  add("memory", po::value(&options.memory)->value_name("MIB")->default_value(0),
      "for images, the rest goes to disk; 0: a quarter of what there is");
}

void addCheckpointOptions(po::options_description &description, CheckpointOptions &options) {
  description.add_options()("checkpoint", po::value(&options.where)->value_name("RUN"),
                            "checkpoint file or run folder (runs/MODEL)")(
      "partial", po::bool_switch(&options.partial), "load what fits of another model's checkpoint, list the rest");
}

static nlohmann::ordered_json configOptions(const std::string &checkpoint) {
  std::string folder =
      checkpoint.substr(0, checkpoint.find_last_of('/') + 1); // of a run's checkpoint: run/checkpoints/
  for (const std::string &path : {checkpoint + "/config.json", folder + "../config.json"})
    if (pathExists(path))
      return readOptions(path);
  return Json::object();
}

void completeData(const char *command, const std::string &checkpoint, DataOptions &options) {
  if (!options.where.empty())
    return;
  Json run = configOptions(checkpoint);
  auto text = [&](const char *name) {
    return run.contains(name) && run[name].is_string() ? run[name].get<std::string>() : "";
  };
  options.where = text("data");
  options.labels = options.labels.empty() ? text("labels") : options.labels;
  if (options.holdout <= 0 && run.contains("holdout") && run["holdout"].is_number())
    options.holdout = run["holdout"];
  if (options.where.empty())
    throw UserError(std::string(command) + " needs --data: " + checkpoint + " belongs to no run that tells it");
}

int threadCount(int option) {
  if (option < 0 || option > 1024)
    throw UserError("--threads must lie between 0 and 1024");
  return option ? option : usableCores();
}

static std::string existingCheckpoint(const gan_program &program, const CheckpointOptions &checkpoint) {
  std::string usual = std::string("runs/") + program.model;
  if (checkpoint.where.empty() && !pathExists(usual))
    throw UserError("--checkpoint is needed, a file or a run folder: there is no " + usual);
  return checkpointPath(checkpoint.where.empty() ? usual : checkpoint.where);
}

Trained::Trained(const gan_program &program, const CheckpointOptions &checkpoint, const RunOptions &run)
    : path(existingCheckpoint(program, checkpoint)), numbers(program, run.settings), state(program, run.seed) {
  startKernels(threadCount(run.threads));
  moment = loadState(program, state, path, checkpoint.partial ? Fit::Partial : Fit::Whole).moment;
}

void addOutputOptions(po::options_description &description, OutputOptions &options, const char *out) {
  description.add_options()("out,o", po::value(&options.out)->value_name("FILE")->default_value(out),
                            ".png, .npy or .safetensors; - for standard output")(
      "format", po::value(&options.format)->value_name("FORMAT"), "png, npy or safetensors, whatever the name")(
      "padding", po::value(&options.padding)->value_name("N")->default_value(2), "pixels between the images of a grid");
}

void writeShown(const OutputOptions &options, const std::vector<Shown> &shown, Grid grid) {
  std::string format = outputFormat(options.out, options.format, "png");
  grid.padding = options.padding;
  std::vector<Array> arrays;
  for (const Shown &s : shown)
    arrays.push_back(s.array);
  writeOutput(options.out, format == "png"   ? encodePng(grid).bytes
                           : format == "npy" ? npyBytes(arrays.at(0))
                                             : tensorBytes(arrays));
  if (options.out != "-")
    printf("%s\n", printable(options.out).c_str());
}

void checkGrid(int64_t count, int64_t rows, int64_t columns, int64_t padding) {
  if (count < 1 || rows < 0 || columns < 0 || padding < 0 || padding > 1000)
    throw UserError("--count must be positive, --rows, --columns and --padding not negative");
  if (count > 4096 || rows * columns > 4096)
    throw UserError("at most 4096 images fit into a picture");
}

Dataset shownData(const char *command, const gan_program &program, const gan_graph &table, const Trained &trained,
                  DataOptions data) {
  completeData(command, trained.path, data);
  std::string note;
  Dataset images = loadData(data, Part::Test, wantedData(program, table), note);
  return images.count ? std::move(images) : loadData(data, Part::Train, wantedData(program, table), note);
}

} // namespace ganrt
