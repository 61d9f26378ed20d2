// train: epochs of batches, with what a person watches and what remains: metrics, pictures, a checkpoint.
#include "runtime/Batches.h"
#include "runtime/Command.h"
#include "runtime/Error.h"
#include "runtime/Evaluation.h"
#include "runtime/Files.h"
#include "runtime/Layout.h"
#include "runtime/Progress.h"

#include <cmath>
#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace ganrt {
namespace {

struct TrainOptions {
  RunOptions run;
  DataOptions data;
  std::string out;
  int64_t epochs = 0, steps = 0, pictures = 64;
  double seconds = 0;
  bool quiet = false;
};

/// Losses and metrics summed since the last report.
class Averages {
public:
  explicit Averages(const gan_graph &graph)
      : graph(graph), sums(graph.num_observations), counts(graph.num_observations) {}
  void add(const gan_observation &o, const void *memory) {
    if (o.kind != GAN_OBSERVE_LOSS && o.kind != GAN_OBSERVE_METRIC)
      return;
    float value = *static_cast<const float *>(memory);
    if (!std::isfinite(value) && broken.empty())
      broken = o.name;
    sums[size_t(&o - graph.observations)] += double(value);
    ++counts[size_t(&o - graph.observations)];
  }
  Json take() {
    Json out = Json::object();
    for (uint32_t i = 0; i < graph.num_observations; ++i)
      if (counts[i])
        out[graph.observations[i].name] = sums[i] / double(counts[i]);
    std::fill(sums.begin(), sums.end(), 0);
    std::fill(counts.begin(), counts.end(), 0);
    return out;
  }
  /// Name of the first value that was not finite.
  const std::string &notFinite() const { return broken; }

private:
  const gan_graph &graph;
  std::vector<double> sums;
  std::vector<uint64_t> counts;
  std::string broken;
};

std::string brief(const Json &values) {
  std::string text;
  for (auto &[name, v] : values.items()) {
    char number[32];
    snprintf(number, sizeof number, "%.5g", v.get<double>());
    text += "  " + name + " " + number;
  }
  return text;
}

class Training {
public:
  Training(const gan_program &program, const TrainOptions &options)
      : program(program), options(options), table(*findGraph(program, GAN_GRAPH_TRAIN)),
        numbers(program, options.run.settings) {}

  int run() {
    prepareData();
    State state(program, options.run.seed);
    Graph graph(program, table, state, numbers, options.run.seed);
    openFolder();
    loop(state, graph);
    return 0;
  }

private:
  void prepareData() {
    bool needed = false;
    for (uint32_t i = 0; i < table.num_inputs; ++i)
      needed |= table.inputs[i].kind <= GAN_INPUT_LABEL;
    if (needed && options.data.where.empty())
      throw UserError("train needs --data: a folder of images, IDX or CIFAR files, an .npy or .npz, or builtin:glyphs");
    if (needed) {
      std::string note, ignored;
      WantedData wanted = wantedData(program, table);
      data = loadData(options.data, Part::Train, wanted, note);
      test = loadData(options.data, Part::Test, wanted, ignored);
      if (!note.empty() && !options.quiet)
        fprintf(stderr, "%s\n", note.c_str());
      if (data.count < program.batch)
        throw UserError(data.origin + ": has " + std::to_string(data.count) + " images, fewer than one batch of " +
                        std::to_string(program.batch));
      checkStreams();
    }
    moment.epochIterations = program.epoch_iterations ? program.epoch_iterations : needed ? passIterations() : 100;
    uint64_t epochs = options.epochs ? uint64_t(options.epochs) : program.epochs ? program.epochs : 10;
    total = options.steps ? uint64_t(options.steps) : epochs * moment.epochIterations;
  }

  /// Iterations that use up a pass over the data.
  uint64_t passIterations() const {
    double batches = double(uint64_t(data.count) / program.batch);
    return std::max<uint64_t>(1, uint64_t(batches / batchesOfIteration(program, table)));
  }

  /// Every stream has a batch.
  void checkStreams() const {
    if (!program.num_streams)
      return;
    uint64_t first = program.streams[0].count, all = uint64_t(data.count);
    for (uint64_t count : {first, all - std::min(first, all)})
      if (count < program.batch)
        throw UserError(data.origin + ": has " + std::to_string(all) + " images; stream " + program.streams[0].name +
                        " takes " + std::to_string(first) + ", and each stream needs a batch of " +
                        std::to_string(program.batch));
  }

  /// Made when all that can be wrong with the input has been seen.
  void openFolder() {
    if (pathExists(options.out))
      throw UserError(options.out + ": exists already; choose another --out");
    makeFolders(options.out + "/samples");
    makeFolders(options.out + "/checkpoints");
    Json config{{"model", program.model},          {"ganc", program.ganc_version}, {"target", program.target},
                {"seed", options.run.seed},        {"data", options.data.where},   {"labels", options.data.labels},
                {"holdout", options.data.holdout}, {"flip", options.data.flip},    {"iterations", total},
                {"batch", program.batch},          {"source", program.source_text}};
    for (uint32_t i = 0; i < program.num_constants; ++i)
      config["numbers"][program.constants[i].name] = numbers.constant(i, {0, moment.epochIterations}, 0);
    std::string text = config.dump(2) + "\n";
    NewFile file(options.out + "/config.json");
    file.write(text.data(), text.size());
    file.commit();
    metrics = std::make_unique<LineFile>(options.out + "/metrics.jsonl");
  }

  void loop(const State &state, Graph &graph) {
    Averages recent(table), epoch(table);
    graph.watch = [&](const gan_observation &o, const void *memory) {
      recent.add(o, memory);
      epoch.add(o, memory);
    };
    std::unique_ptr<Prefetch> batches;
    if (data.count)
      batches = std::make_unique<Prefetch>(
          BatchPlan(program, table, data, graph.streams, moment, options.run.seed, options.data.flip));
    const Batch *batch = nullptr;
    graph.beforeRepetition = [&](uint32_t step, uint32_t rep) {
      if (batch)
        load(*batch, int32_t(step), rep, graph);
    };
    Progress progress(total, options.quiet);
    auto start = std::chrono::steady_clock::now();
    Json last = Json::object();
    while (moment.iteration < total) {
      if (batches) {
        batch = &batches->next();
        load(*batch, -1, 0, graph);
      }
      graph.run(moment);
      ++moment.iteration;
      if (!recent.notFinite().empty()) {
        progress.finish();
        throw UserError(recent.notFinite() + " is not finite at iteration " + std::to_string(moment.iteration) +
                        "; the run stops. " + options.out + " keeps what came before");
      }
      if (moment.iteration % 100 == 0 || moment.iteration == total) {
        last = recent.take();
        write({{"iteration", moment.iteration}}, last);
      }
      progress.update(moment.iteration,
                      "epoch " + std::to_string(moment.iteration / moment.epochIterations) + brief(last));
      // Time decides how far a limited run gets, never what a step computes.
      bool late = options.seconds > 0 &&
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > options.seconds;
      if (late)
        total = moment.iteration;
      if (moment.iteration % moment.epochIterations == 0 || moment.iteration == total)
        endEpoch(state, epoch.take(), progress);
    }
    progress.finish();
    saveState(program, state, options.out + "/checkpoints/final.safetensors", moment, options.run.seed);
    if (!options.quiet)
      printf("run folder: %s\n", options.out.c_str());
    if (!options.quiet && !picture.empty())
      printf("pictures: %s\n", picture.c_str());
  }

  void load(const Batch &batch, int32_t step, uint32_t rep, Graph &graph) {
    for (uint32_t i = 0; i < table.num_inputs; ++i)
      if (table.inputs[i].step == step && rep < batch[i].size())
        memcpy(graph.input(i), batch[i][rep].data(), batch[i][rep].size());
  }

  void write(Json line, const Json &values) {
    line.update(values);
    metrics->append(line.dump());
  }

  void endEpoch(const State &state, const Json &averages, Progress &progress) {
    uint64_t epoch = (moment.iteration + moment.epochIterations - 1) / moment.epochIterations;
    Json line{{"epoch", epoch}, {"iteration", moment.iteration}, {"train", averages}};
    for (auto &[name, value] : evaluateData(program, state, numbers, options.run.seed, test, moment))
      line["test"][name] = value;
    metrics->append(line.dump());
    char name[32];
    snprintf(name, sizeof name, "epoch-%04d.png", int(epoch));
    drawPictures(state, options.out + "/samples/" + name);
    if (options.quiet)
      return;
    progress.finish();
    std::string text = "epoch " + std::to_string(epoch) + brief(averages);
    if (line.contains("test"))
      text += "  | test" + brief(line["test"]);
    printf("%s\n", text.c_str());
    fflush(stdout);
  }

  /// Samples from the same noise each time, so that pictures compare; for a model without, reconstructions of test
  /// images.
  void drawPictures(const State &state, const std::string &path);

  const gan_program &program;
  const TrainOptions &options;
  const gan_graph &table;
  Numbers numbers;
  Dataset data, test;
  Moment moment;
  uint64_t total = 0;
  std::unique_ptr<LineFile> metrics;
  std::string picture;
};

} // namespace

void Training::drawPictures(const State &state, const std::string &path) {
  if (findGraph(program, GAN_GRAPH_SAMPLE))
    writePng(path, sampleGrid(program, state, numbers, options.run.seed, options.pictures));
  else if (findGraph(program, GAN_GRAPH_RECONSTRUCT) && data.count)
    writePng(path, reconstructionGrid(program, state, numbers, options.run.seed, test.count ? test : data,
                                      options.pictures / 2));
  else
    return;
  picture = path;
}

int trainCommand(const gan_program &program, const Words &words) {
  TrainOptions options;
  po::options_description description("options");
  addDataOptions(description, options.data);
  description.add_options()("flip", po::bool_switch(&options.data.flip), "mirror images at random")(
      "out", po::value(&options.out)->default_value(std::string("runs/") + program.model),
      "run folder to make: metrics, pictures, checkpoints")("epochs", po::value(&options.epochs),
                                                            "length (the model's own where not given)")(
      "steps", po::value(&options.steps), "length in iterations instead")(
      "seconds", po::value(&options.seconds), "stop after this time, at the end of an iteration")(
      "pictures", po::value(&options.pictures)->default_value(64),
      "images in each grid")("quiet,q", po::bool_switch(&options.quiet), "no progress");
  addRunOptions(description, options.run);
  if (!parseOptions(words, "train --data DATA [options]", description))
    return 0;
  if (options.epochs < 0 || options.steps < 0 || options.pictures < 1 || options.pictures > 4096 || options.seconds < 0)
    throw UserError("--epochs, --steps and --seconds must not be negative, --pictures must lie between 1 and 4096");
  options.data.quiet = options.quiet;
  startKernels(threadCount(options.run.threads));
  return Training(program, options).run();
}

} // namespace ganrt
