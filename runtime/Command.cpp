#include "runtime/Command.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/Layout.h"
#include "runtime/Safetensors.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

namespace ganrt {

void addRunOptions(po::options_description &description, RunOptions &options) {
  description.add_options()("seed", po::value(&options.seed)->default_value(0),
                            "seed of everything random")("threads", po::value(&options.threads)->default_value(0),
                                                         "threads; 0: one for each core. The results are the same")(
      "set", po::value(&options.settings)->composing(),
      "name=value: another value for a number of the model (info lists them)");
}

void addDataOptions(po::options_description &description, DataOptions &options) {
  description.add_options()(
      "data", po::value(&options.where),
      "folder of images (sub-folders are classes), of IDX or of CIFAR files; .npy or .npz; builtin:glyphs")(
      "labels", po::value(&options.labels),
      "labels of an .npy, as another")("holdout", po::value(&options.holdout)->default_value(0),
                                       "share kept for testing where the data has no test part")(
      "on-corrupt", po::value(&options.onCorrupt)->default_value("skip"),
      "skip: leave damaged images out; stop: stop at the first");
}

void completeData(const char *command, const std::string &checkpoint, DataOptions &options) {
  if (!options.where.empty())
    return;
  std::string folder =
      checkpoint.substr(0, checkpoint.find_last_of('/') + 1); // of a run's checkpoint: run/checkpoints/
  for (const std::string &path : {checkpoint + "/config.json", folder + "../config.json"}) {
    if (!pathExists(path))
      continue;
    auto config = nlohmann::json::parse(readWholeFile(path), nullptr, false);
    if (config.is_discarded() || !config.is_object() || !config.contains("data"))
      throw UserError(path + ": is not the configuration of a run");
    options.where = config.value("data", "");
    options.labels = options.labels.empty() ? config.value("labels", "") : options.labels;
    options.holdout = options.holdout > 0 ? options.holdout : config.value("holdout", 0.0);
    break;
  }
  if (options.where.empty())
    throw UserError(std::string(command) + " needs --data: " + checkpoint + " belongs to no run that tells it");
}

std::optional<po::variables_map> parseOptions(const Words &words, const std::string &usage,
                                              po::options_description &description) {
  description.add_options()("help,h", "this text");
  po::variables_map values;
  try {
    int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(words).options(description).positional({}).style(style).run(), values);
    po::notify(values);
  } catch (const po::unknown_option &e) {
    Words names;
    for (const auto &option : description.options())
      names.push_back("--" + option->long_name());
    std::string near = nearestName(e.get_option_name(), names);
    throw UserError("unknown option " + e.get_option_name() +
                    (near.empty() ? "; --help lists them" : ": did you mean " + near + "?"));
  } catch (const po::error &e) {
    throw UserError(e.what());
  }
  if (!values.count("help"))
    return values;
  std::ostringstream text;
  text << "usage: " << usage << "\n\n" << description;
  fputs(text.str().c_str(), stdout);
  return std::nullopt;
}

int threadCount(int option) {
  if (option < 0 || option > 1024)
    throw UserError("--threads must lie between 0 and 1024");
  return option ? option : int(std::max(1u, std::thread::hardware_concurrency()));
}

std::string checkpointPath(const std::string &where) {
  std::string inside = where + "/checkpoints/final.safetensors";
  return pathExists(inside) ? inside : where;
}

Moment loadState(const gan_program &program, const State &state, const std::string &path) {
  TensorFile file = readTensors(path);
  std::string wrong;
  int count = 0;
  auto differs = [&](const std::string &text) {
    if (++count <= 5)
      wrong += "\n  " + text;
  };
  for (uint32_t i = 0; i < program.num_states; ++i) {
    const gan_layout &l = program.states[i].layout;
    std::vector<int64_t> shape(l.shape, l.shape + l.rank);
    auto it = file.tensors.find(program.states[i].name);
    if (it == file.tensors.end())
      differs(std::string("tensor ") + program.states[i].name + " is missing");
    else if (it->second.shape != shape)
      differs(std::string("tensor ") + program.states[i].name + " has shape " + shapeText(it->second.shape) +
              ", the model's is " + shapeText(shape));
  }
  if (count)
    throw UserError(path + ": does not fit this model:" + wrong +
                    (count > 5 ? "\n  and " + std::to_string(count - 5) + " more" : ""));
  for (uint32_t i = 0; i < program.num_states; ++i)
    toInside(program.states[i].layout, file.tensors[program.states[i].name].values.data(),
             state.tensor(program.states[i]));
  auto number = [&](const char *name) { return uint64_t(std::strtoull(file.metadata[name].c_str(), nullptr, 10)); };
  return {number("iteration"), number("epoch_iterations")};
}

void saveState(const gan_program &program, const State &state, const std::string &path, const Moment &moment,
               uint64_t seed) {
  std::vector<NamedTensor> tensors;
  for (uint32_t i = 0; i < program.num_states; ++i) {
    const gan_state &s = program.states[i];
    tensors.push_back({s.name,
                       {s.layout.shape, s.layout.shape + s.layout.rank},
                       toOutside(s.layout, state.tensor(s)),
                       s.layout.dtype == GAN_F64});
  }
  writeTensors(path, tensors,
               {{"format", "pt"},
                {"model", program.model},
                {"iteration", std::to_string(moment.iteration)},
                {"epoch_iterations", std::to_string(moment.epochIterations)},
                {"seed", std::to_string(seed)}});
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
