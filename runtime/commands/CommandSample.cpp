// sample and reconstruct: write what a trained model makes from random draws and from data.
#include "runtime/base/Error.h"
#include "runtime/commands/Command.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/Following.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ganrt {
namespace {

class Sample : public Command {
public:
  void describe(po::options_description &options) override {
    addCheckpointOptions(options, checkpoint);
    options.add_options()("count", number(&count, 1, anyNumber)->value_name("N")->default_value(64),
                          "samples, or of each class")(
        "per-class", po::value(&perClass)->value_name("NAME"),
        "of each class of this label or latent: with -o FOLDER/ in a folder of each, else class by class")(
        "columns", number(&columns, 1, 4096)->value_name("N"),
        "of the grid")("truncate", number(&drawing.truncate, 1e-6, 1e6)->value_name("T"),
                       "draw normal latents anew beyond T; shrink the range of uniform ones to T of it")(
        "draw", po::bool_switch(&draw), "draws from the output's distribution, not its expectation");
    addOutputOptions(options, output, "samples");
    addRunOptions(options, runs);
  }

  bool onAllRanks() const override { return true; }

  int run(const gan_program &program, const Given &given) override {
    const gan_graph *table = findGraph(program, GAN_GRAPH_SAMPLE);
    std::string format = chooseFormat(*table, output, "samples", makesRows(program, *table));
    bool classes = !perClass.empty();
    uint32_t input = classes ? classInput(*table) : 0;
    int64_t all = count * (classes ? int64_t(sizeOf(table->inputs[input])) : 1);
    std::optional<ShownOutput> shown;
    if (!classes || format != folderFormat)
      shown.emplace(output, format, all, "--count");
    if (given.values.count("truncate"))
      checkTruncation(*table);
    drawing.chosen = chosenLatents(program, *table, checkpoint, runs);
    Trained trained(program, checkpoint, runs, given.ranks);
    Generator generator(trained.session(), *table, draw);
    if (shown)
      shown->asTable({program, *table, trained.table}, generator);
    ranks = given.ranks;
    writes = leads(given);
    if (ranks)
      ranks->begin(identityOf(program, runs.seed, runs.settings) + "--count: " + std::to_string(count) +
                   "\n--per-class: " + perClass + "\n");
    generator.giveTo([&](const std::vector<Shown> &batch) {
      if (writes)
        shown->take(batch);
    });
    if (!classes) {
      runSamples(generator, count, drawing, ranks);
    } else if (shown) {
      eachClass(generator, input, [](const std::string &) {});
    } else {
      auto own = trained.table.categories.find(perClass);
      foldersOfClasses(generator, input, format,
                       own != trained.table.categories.end() ? own->second : readCheckpointInfo(trained.path).classes);
      return 0;
    }
    if (writes)
      shown->finish(columns ? columns : int64_t(std::ceil(std::sqrt(double(all)))));
    return 0;
  }

private:
  /// Runs the samples of one class after the other.
  void eachClass(Generator &generator, uint32_t input, const std::function<void(const std::string &)> &before) {
    auto classes = int64_t(sizeOf(generator.graph().table().inputs[input]));
    for (int64_t c = 0; c < classes; ++c) {
      Drawing own = drawing;
      own.chosen.push_back({input, -1, {double(c)}});
      before(std::to_string(c));
      runSamples(generator, count, own, ranks);
    }
  }

  /// A folder for each class, by its name or else its number.
  void foldersOfClasses(Generator &generator, uint32_t input, const std::string &format, const Words &names) {
    std::optional<ShownOutput> shown;
    std::string root = output.out + (output.out.ends_with('/') ? "" : "/");
    bool named = isLabel(input, generator);
    generator.giveTo([&](const std::vector<Shown> &batch) {
      if (writes)
        shown->take(batch);
    });
    eachClass(generator, input, [&](const std::string &c) {
      if (shown && writes)
        shown->finish(1);
      OutputOptions own = output;
      size_t k = std::stoul(c);
      own.out = root + (named && k < names.size() ? names[k] : c) + "/";
      shown.emplace(own, format, count, "--count");
    });
    if (writes)
      shown->finish(1);
  }

  /// Whether the input is a label of the data, whose classes may have names; else it is a latent.
  static bool isLabel(uint32_t input, Generator &generator) {
    const gan_graph &train = *findGraph(generator.program(), GAN_GRAPH_TRAIN);
    std::string name = generator.graph().table().inputs[input].name;
    return std::any_of(train.inputs, train.inputs + train.num_inputs, [&](const gan_input &other) {
      return other.kind == GAN_INPUT_LABEL && declaredName(other) == name;
    });
  }

  /// The input of the graph that has this name and holds classes.
  uint32_t classInput(const gan_graph &table) const {
    std::string known;
    for (uint32_t i = 0; i < table.num_inputs; ++i) {
      if (table.inputs[i].kind != GAN_INPUT_CATEGORICAL)
        continue;
      if (table.inputs[i].name == perClass)
        return i;
      known += (known.empty() ? "" : ", ") + std::string(table.inputs[i].name);
    }
    throw UserError("--per-class " + perClass + ": " +
                    (known.empty() ? "what is sampled has no classes" : "there is " + known));
  }

  void checkTruncation(const gan_graph &table) const {
    bool any = std::any_of(table.inputs, table.inputs + table.num_inputs, [](const gan_input &input) {
      return input.kind == GAN_INPUT_NORMAL || input.kind == GAN_INPUT_UNIFORM;
    });
    bool normal = std::any_of(table.inputs, table.inputs + table.num_inputs,
                              [](const gan_input &input) { return input.kind == GAN_INPUT_NORMAL; });
    if (!any)
      throw UserError("--truncate: the model has no normal or uniform latent");
    if (normal && drawing.truncate < 0.01)
      throw UserError("--truncate: below 0.01 hardly any draw is kept");
  }

  CheckpointOptions checkpoint;
  OutputOptions output;
  RunOptions runs;
  Drawing drawing;
  std::string perClass;
  int64_t count = 64, columns = 0;
  bool draw = false;
  Ranks *ranks = nullptr; ///< that make the samples together
  bool writes = true;     ///< whether this one writes them
};

class Reconstruct : public Command {
public:
  void describe(po::options_description &options) override {
    addCheckpointOptions(options, checkpoint);
    addDataOptions(options, data);
    options.add_options()("count", number(&count, 1, anyNumber)->value_name("N")->default_value(32), "images")(
        "first", number(&first, 0, anyNumber)->value_name("I")->default_value(0),
        "number of the first image of the data")("columns",
                                                 number(&columns, 1, 4096)->value_name("N")->default_value(8),
                                                 "of the grid: what it was given above what the model makes of it")(
        "draw", po::bool_switch(&draw), "draws from the output's distribution, not its expectation");
    addOutputOptions(options, output, "reconstructions");
    addRunOptions(options, runs);
  }

  int run(const gan_program &program, const Given &) override {
    const gan_graph *table = findGraph(program, GAN_GRAPH_RECONSTRUCT);
    std::string format = chooseFormat(*table, output, "reconstructions", makesRows(program, *table));
    Drawing drawing{chosenLatents(program, *table, checkpoint, runs), 0};
    Trained trained(program, checkpoint, runs);
    Dataset images = shownData("reconstruct", program, *table, trained, data);
    if (first >= images.count)
      throw UserError(images.origin + ": has " + std::to_string(images.count) + " images, --first is beyond");
    std::vector<int64_t> indices(size_t(std::min(count, images.count - first)));
    std::iota(indices.begin(), indices.end(), first);
    ShownOutput shown(output, format, int64_t(indices.size()), "--count");
    Generator generator(trained.session(), *table, draw);
    shown.asTable({program, *table, trained.table}, generator);
    if (!shown.isPicture())
      generator.giveTo([&](const std::vector<Shown> &batch) { shown.take(batch); });
    runImages(generator, images, indices, drawing);
    if (shown.isPicture()) {
      writePicture(output, sheet(generator.shown, columns));
      return 0;
    }
    shown.finish(columns);
    writeFileNames(output.out, images, indices);
    return 0;
  }

private:
  CheckpointOptions checkpoint;
  DataOptions data;
  OutputOptions output;
  RunOptions runs;
  int64_t count = 32, first = 0, columns = 8;
  bool draw = false;
};

} // namespace

const CommandEntry sampleEntry{
    "sample",
    "samples from a checkpoint: of each decoder that latents alone reach, the moving average of a block where there "
    "is\n"
    "one, the expectation of its output",
    "[--checkpoint RUN] [options]",
    "sample --checkpoint runs/a --count 100 -o samples.png\nsample --set c=3 --set t=0.5,-1 --truncate 0.7\n"
    "sample --count 10000 -o samples.npy\nsample --count 1000 -o samples/\n"
    "sample --per-class y --count 100 -o samples/",
    makeCommand<Sample>};
const CommandEntry reconstructEntry{"reconstruct",
                                    "test images and what the model makes of them: decoders that data reaches, at the "
                                    "mean of codes, the moving average\n"
                                    "of a block where there is one, the expectation of its output",
                                    "[--checkpoint RUN] [options]",
                                    "reconstruct --checkpoint runs/a --count 64\nreconstruct --set c=2\nreconstruct "
                                    "--data other/ --first 100 -o reconstructions.npy",
                                    makeCommand<Reconstruct>};

} // namespace ganrt
