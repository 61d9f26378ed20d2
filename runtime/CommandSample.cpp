// sample, reconstruct and evaluate: what a checkpoint makes, and how good it is.
#include "runtime/Batches.h"
#include "runtime/Command.h"
#include "runtime/Error.h"
#include "runtime/Evaluation.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ganrt {
namespace {

/// Options that the three share.
struct CheckpointOptions {
  RunOptions run;
  DataOptions data;
  std::string checkpoint, out;
  int64_t count = 0;
};

void addCheckpoint(po::options_description &description, CheckpointOptions &options) {
  description.add_options()("checkpoint", po::value(&options.checkpoint), "checkpoint file or run folder");
}

void addPicture(po::options_description &description, CheckpointOptions &options) {
  description.add_options()("count", po::value(&options.count)->default_value(options.count), "images");
  description.add_options()("out", po::value(&options.out)->default_value(options.out), "picture to write");
}

/// A trained program.
struct Trained {
  Trained(const gan_program &program, const char *command, const CheckpointOptions &options)
      : numbers(program, options.run.settings), state(program, options.run.seed) {
    if (options.checkpoint.empty())
      throw UserError(std::string(command) + " needs --checkpoint: a file or a run folder");
    startKernels(threadCount(options.run.threads));
    moment = loadState(program, state, checkpointPath(options.checkpoint));
  }
  Numbers numbers;
  State state;
  Moment moment;
};

void checkCount(int64_t count) {
  if (count < 1 || count > 4096)
    throw UserError("--count must lie between 1 and 4096");
}

} // namespace

int sampleCommand(const gan_program &program, const Words &words) {
  CheckpointOptions options;
  options.count = 64, options.out = "samples.png";
  po::options_description description("options");
  addCheckpoint(description, options);
  addPicture(description, options);
  addRunOptions(description, options.run);
  if (!parseOptions(words, "sample --checkpoint RUN [options]", description))
    return 0;
  if (!findGraph(program, GAN_GRAPH_SAMPLE))
    throw UserError(std::string("model ") + program.model +
                    " has no decoder that is reached from latents alone: nothing to sample");
  checkCount(options.count);
  Trained trained(program, "sample", options);
  writePng(options.out, sampleGrid(program, trained.state, trained.numbers, options.run.seed, options.count));
  printf("%s\n", options.out.c_str());
  return 0;
}

/// Rows of originals, each above what the model makes of it.
Grid reconstructionGrid(const gan_program &program, const State &state, const Numbers &numbers, uint64_t seed,
                        const Dataset &data, int64_t count) {
  const gan_graph &table = *findGraph(program, GAN_GRAPH_RECONSTRUCT);
  Graph graph(program, table, state, numbers, seed);
  Grid grid{data.height, data.width, data.channels, 8, {}};
  count = std::min(count, data.count);
  for (int64_t first = 0; first < count; first += program.batch) {
    std::vector<int64_t> indices;
    for (int64_t i = first; i < std::min<int64_t>(first + program.batch, count); ++i)
      indices.push_back(i);
    loadImages(data, indices, graph);
    Shown shown = std::move(show(graph, uint64_t(first)).at(0));
    if (shown.images[0].size() != size_t(data.imageBytes()))
      throw UserError("what the model reconstructs is no picture of the data's size");
    for (size_t row = 0; row < indices.size(); row += 8) {
      size_t end = std::min(row + 8, indices.size());
      for (size_t i = row; i < end; ++i) {
        grid.images.push_back(imageBytes(data, indices[i]));
      }
      grid.images.resize((grid.images.size() + 7) / 8 * 8, std::vector<uint8_t>(size_t(data.imageBytes()), 40));
      for (size_t i = row; i < end; ++i)
        grid.images.push_back(shown.images[i]);
      grid.images.resize((grid.images.size() + 7) / 8 * 8, std::vector<uint8_t>(size_t(data.imageBytes()), 40));
    }
  }
  return grid;
}

int reconstructCommand(const gan_program &program, const Words &words) {
  CheckpointOptions options;
  options.count = 32, options.out = "reconstructions.png";
  po::options_description description("options");
  addCheckpoint(description, options);
  addDataOptions(description, options.data);
  addPicture(description, options);
  addRunOptions(description, options.run);
  if (!parseOptions(words, "reconstruct --checkpoint RUN --data DATA [options]", description))
    return 0;
  const gan_graph *table = findGraph(program, GAN_GRAPH_RECONSTRUCT);
  if (!table)
    throw UserError(std::string("model ") + program.model +
                    " has no decoder that is reached from data through an encoder: nothing to reconstruct");
  checkCount(options.count);
  Trained trained(program, "reconstruct", options);
  completeData("reconstruct", options.checkpoint, options.data);
  std::string note;
  Dataset data = loadData(options.data, Part::Test, wantedData(program, *table), note);
  if (!data.count)
    data = loadData(options.data, Part::Train, wantedData(program, *table), note);
  writePng(options.out,
           reconstructionGrid(program, trained.state, trained.numbers, options.run.seed, data, options.count));
  printf("%s\n", options.out.c_str());
  return 0;
}

int evaluateCommand(const gan_program &program, const Words &words) {
  CheckpointOptions options;
  bool json = false;
  po::options_description description("options");
  addCheckpoint(description, options);
  addDataOptions(description, options.data);
  description.add_options()("json", po::bool_switch(&json), "as JSON");
  addRunOptions(description, options.run);
  if (!parseOptions(words, "evaluate --checkpoint RUN --data DATA [options]", description))
    return 0;
  const gan_graph &table = *findGraph(program, GAN_GRAPH_EVALUATE);
  if (std::none_of(table.inputs, table.inputs + table.num_inputs,
                   [](const gan_input &input) { return input.kind <= GAN_INPUT_LABEL; }))
    throw UserError(std::string("model ") + program.model + " reads no data: there is nothing to evaluate it on");
  Trained trained(program, "evaluate", options);
  completeData("evaluate", options.checkpoint, options.data);
  std::string note;
  Dataset data = loadData(options.data, Part::Test, wantedData(program, table), note);
  if (!data.count)
    throw UserError(options.data.where + ": has no test part; --holdout 0.1 keeps a share of it");
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (auto &[name, value] :
       evaluateData(program, trained.state, trained.numbers, options.run.seed, data, trained.moment)) {
    out[name] = value;
    if (!json)
      printf("%-24s %.6g\n", name.c_str(), value);
  }
  if (json)
    printf("%s\n", out.dump(2).c_str());
  return 0;
}

} // namespace ganrt
