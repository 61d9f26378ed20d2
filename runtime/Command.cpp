#include "runtime/Command.h"
#include "runtime/Checkpoint.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/Layout.h"

#include <cmath>
#include <thread>

namespace ganrt {

void addRunOptions(po::options_description &description, RunOptions &options) {
  description.add_options()("seed", po::value(&options.seed)->value_name("N")->default_value(0),
                            "of everything random")("threads",
                                                    po::value(&options.threads)->value_name("N")->default_value(0),
                                                    "0: one for each core; the results are the same")(
      "set", po::value(&options.settings)->value_name("NAME=X"), "another value for a number of the model (see info)");
}

void addDataOptions(po::options_description &description, DataOptions &options) {
  description.add_options()("data", po::value(&options.where)->value_name("DATA"),
                            "folder of images, IDX or CIFAR files; .npy, .npz; builtin:glyphs")(
      "labels", po::value(&options.labels)->value_name("FILE"),
      "labels of an .npy, as another")("holdout", po::value(&options.holdout)->value_name("SHARE")->default_value(0),
                                       "kept for testing where the data has no test part")(
      "on-corrupt", po::value(&options.onCorrupt)->value_name("skip|stop")->default_value("skip"),
      "what damaged images do");
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
  return option ? option : int(std::max(1u, std::thread::hardware_concurrency()));
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

/// (N, C, H, W) or (N, n) to pictures; a vector becomes the squarest one there is.
static Shown pictures(const gan_observation &o, const void *memory) {
  Shown shown{&o, {}, 1, 1, 1};
  const gan_layout &l = o.layout;
  int64_t count = l.shape[0], each = int64_t(elementsOf(l)) / count;
  if (l.rank == 4) {
    shown.channels = l.shape[1], shown.height = l.shape[2], shown.width = l.shape[3];
  } else {
    shown.height = int64_t(std::sqrt(double(each)));
    while (each % shown.height)
      --shown.height;
    shown.width = each / shown.height;
  }
  // Inside, images are (N, H, W, C) already.
  for (int64_t i = 0; i < count; ++i)
    shown.images.push_back(toBytes(static_cast<const float *>(memory) + i * each, size_t(each), o.lo, o.hi));
  return shown;
}

std::vector<Shown> show(Graph &graph, uint64_t iteration) {
  std::vector<Shown> all;
  graph.watch = [&](const gan_observation &o, const void *memory) {
    if (o.kind == GAN_OBSERVE_VALUE)
      all.push_back(pictures(o, memory));
  };
  graph.run({iteration});
  graph.watch = nullptr;
  return all;
}

Grid sampleGrid(const gan_program &program, const State &state, const Numbers &numbers, uint64_t seed, int64_t count) {
  const gan_graph *table = findGraph(program, GAN_GRAPH_SAMPLE);
  Graph graph(program, *table, state, numbers, seed);
  Grid grid;
  for (uint64_t run = 0; int64_t(grid.images.size()) < count; ++run) {
    Shown shown = std::move(show(graph, run).at(0));
    grid.height = shown.height, grid.width = shown.width, grid.channels = shown.channels;
    for (auto &image : shown.images)
      if (int64_t(grid.images.size()) < count)
        grid.images.push_back(std::move(image));
  }
  grid.columns = int64_t(std::ceil(std::sqrt(double(count))));
  return grid;
}

} // namespace ganrt
