// sample, reconstruct and evaluate: what a checkpoint makes, and how good it is.
#include "runtime/Batches.h"
#include "runtime/Command.h"
#include "runtime/Error.h"
#include "runtime/Evaluation.h"

#include <algorithm>

namespace ganrt {
namespace {

void addPicture(po::options_description &description, int64_t &count, std::string &out) {
  description.add_options()("count", po::value(&count)->value_name("N")->default_value(count), "images");
  description.add_options()("out,o", po::value(&out)->value_name("FILE")->default_value(out), "picture to write");
}

void checkCount(int64_t count) {
  if (count < 1 || count > 4096)
    throw UserError("--count must lie between 1 and 4096");
}

class Sample : public Command {
public:
  void describe(po::options_description &options) override {
    addCheckpointOptions(options, checkpoint);
    addPicture(options, count, out);
    addRunOptions(options, runs);
  }

  int run(const gan_program &program, const Given &) override {
    if (!findGraph(program, GAN_GRAPH_SAMPLE))
      throw UserError(std::string("model ") + program.model +
                      " has no decoder that is reached from latents alone: nothing to sample");
    checkCount(count);
    Trained trained(program, checkpoint, runs);
    writePng(out, sampleGrid(program, trained.state, trained.numbers, runs.seed, count));
    printf("%s\n", out.c_str());
    return 0;
  }

private:
  CheckpointOptions checkpoint;
  RunOptions runs;
  int64_t count = 64;
  std::string out = "samples.png";
};

class Reconstruct : public Command {
public:
  void describe(po::options_description &options) override {
    addCheckpointOptions(options, checkpoint);
    addDataOptions(options, data);
    addPicture(options, count, out);
    addRunOptions(options, runs);
  }

  int run(const gan_program &program, const Given &) override {
    const gan_graph *table = findGraph(program, GAN_GRAPH_RECONSTRUCT);
    if (!table)
      throw UserError(std::string("model ") + program.model +
                      " has no decoder that is reached from data through an encoder: nothing to reconstruct");
    checkCount(count);
    Trained trained(program, checkpoint, runs);
    completeData("reconstruct", trained.path, data);
    std::string note;
    Dataset images = loadData(data, Part::Test, wantedData(program, *table), note);
    if (!images.count)
      images = loadData(data, Part::Train, wantedData(program, *table), note);
    writePng(out, reconstructionGrid(program, trained.state, trained.numbers, runs.seed, images, count));
    printf("%s\n", out.c_str());
    return 0;
  }

private:
  CheckpointOptions checkpoint;
  DataOptions data;
  RunOptions runs;
  int64_t count = 32;
  std::string out = "reconstructions.png";
};

class Evaluate : public Command {
public:
  void describe(po::options_description &options) override {
    addCheckpointOptions(options, checkpoint);
    addDataOptions(options, data);
    options.add_options()("json", po::bool_switch(&json), "as JSON");
    addRunOptions(options, runs);
  }

  int run(const gan_program &program, const Given &) override {
    const gan_graph &table = *findGraph(program, GAN_GRAPH_EVALUATE);
    if (std::none_of(table.inputs, table.inputs + table.num_inputs,
                     [](const gan_input &input) { return input.kind <= GAN_INPUT_LABEL; }))
      throw UserError(std::string("model ") + program.model + " reads no data: there is nothing to evaluate it on");
    Trained trained(program, checkpoint, runs);
    completeData("evaluate", trained.path, data);
    std::string note;
    Dataset images = loadData(data, Part::Test, wantedData(program, table), note);
    if (!images.count)
      throw UserError(data.where + ": has no test part; --holdout 0.1 keeps a share of it");
    Json values = Json::object();
    for (auto &[name, value] :
         evaluateData(program, trained.state, trained.numbers, runs.seed, images, trained.moment)) {
      values[name] = value;
      if (!json)
        printf("%-24s %.6g\n", name.c_str(), value);
    }
    if (json)
      printf("%s\n", values.dump(2).c_str());
    return 0;
  }

private:
  CheckpointOptions checkpoint;
  DataOptions data;
  RunOptions runs;
  bool json = false;
};

} // namespace

/// Rows of originals, each above what the model makes of it.
Grid reconstructionGrid(const gan_program &program, const State &state, const Numbers &numbers, uint64_t seed,
                        const Dataset &data, int64_t count) {
  const gan_graph &table = *findGraph(program, GAN_GRAPH_RECONSTRUCT);
  Graph graph(program, table, state, numbers, seed);
  Grid grid;
  grid.height = data.height, grid.width = data.width, grid.channels = data.channels;
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

const CommandEntry sampleEntry{"sample", "a picture of samples from a checkpoint", "[--checkpoint RUN] [options]",
                               "sample --checkpoint runs/a --count 100 --out samples.png", makeCommand<Sample>};
const CommandEntry reconstructEntry{
    "reconstruct", "a picture of test images and what the model makes of them", "[--checkpoint RUN] [options]",
    "reconstruct --checkpoint runs/a\nreconstruct --checkpoint runs/a --data other/", makeCommand<Reconstruct>};
const CommandEntry evaluateEntry{"evaluate", "every metric on the test images", "[--checkpoint RUN] [options]",
                                 "evaluate --checkpoint runs/a --json", makeCommand<Evaluate>};

} // namespace ganrt
