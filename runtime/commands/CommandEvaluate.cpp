// evaluate: measures how good a checkpoint is on data that it has not seen.
#include "runtime/base/Error.h"
#include "runtime/base/Progress.h"
#include "runtime/commands/Command.h"
#include "runtime/data/Batches.h"
#include "runtime/data/Npy.h"
#include "runtime/device/Threads.h"
#include "runtime/generate/Evaluation.h"
#include "runtime/generate/Features.h"
#include "runtime/generate/Likelihood.h"
#include "runtime/generate/Quality.h"
#include "runtime/program/Layout.h"
#include "runtime/train/Following.h"

#include <algorithm>
#include <cmath>
#include <unistd.h>

namespace ganrt {
namespace {

class Evaluate : public Command {
public:
  void describe(po::options_description &options) override {
    addCheckpointOptions(options, checkpoint);
    addDataOptions(options, data);
    options.add_options()("importance", number(&importance, 0, 1000000)->value_name("K")->default_value(50),
                          "samples of the importance-weighted likelihood of models with an encoder; 0: none")(
        "parzen", number(&parzen, 0, 1000000)->value_name("N")->default_value(10000),
        "samples of the Parzen window of models without; 0: none")(
        "quality", number(&quality, 0, 20000)->value_name("N")->default_value(500),
        "samples compared with as many test images; 0: none")("features", po::value(&features)->value_name("BLOCK"),
                                                              "compare what this block makes of both")(
        "made", po::value(&made)->value_name("FILE"), "an .npy of samples or features of such, compared with --real")(
        "real", po::value(&real)->value_name("FILE"), "an .npy; needs no checkpoint")("json", po::bool_switch(&json),
                                                                                      "as JSON");
    addRunOptions(options, runs);
  }

  bool onAllRanks() const override { return true; }

  int run(const gan_program &program, const Given &given) override {
    if (!made.empty() || !real.empty())
      return leads(given) ? compareFiles() : 0;
    const gan_graph &table = *findGraph(program, GAN_GRAPH_EVALUATE);
    if (parzen == 1)
      throw UserError("--parzen 1: a Parzen window needs more than one sample");
    Trained trained(program, checkpoint, runs, given.ranks);
    ranks = given.ranks;
    completeData("evaluate", trained.path, data);
    std::string note;
    Dataset test = loadData(data, Part::Test, wantedData(program, table), note);
    if (leads(given))
      tellNotes(note, true);
    if (!test.count)
      throw UserError(data.shown() + ": has no test part; --holdout 0.1 keeps a share of it");
    shows = leads(given) && isatty(2) ? Output::Auto : Output::Quiet;
    if (ranks)
      ranks->begin(identityOf(program, runs.seed, runs.settings) + "data: " + fingerprint(test).dump() +
                   "\n--importance: " + std::to_string(importance) + "\n--parzen: " + std::to_string(parzen) + "\n");
    Json values = Json::object();
    for (auto &[name, value] : evaluateData(trained.session(), test, trained.moment, {}, ranks))
      values[name] = value;
    if (findGraph(program, GAN_GRAPH_LIKELIHOOD))
      addImportance(program, trained, test, values);
    else if (!findGraph(program, GAN_GRAPH_ENCODE) && findGraph(program, GAN_GRAPH_SAMPLE))
      addParzen(program, trained, test, wantedData(program, table), values);
    if (leads(given)) {
      addQuality(program, trained, test, wantedData(program, table), values);
      print(values);
    }
    return 0;
  }

private:
  /// Adds how far samples lie from data, and of which classes a classifier of the model finds them.
  void addQuality(const gan_program &program, Trained &trained, const Dataset &test, const WantedData &wanted,
                  Json &values) const {
    bool sampled = findGraph(program, GAN_GRAPH_SAMPLE) && samplesData(program, test);
    if (!features.empty() && !sampled)
      throw UserError("--features " + features + ": the model makes no samples in the shape of the data");
    int64_t count = std::min(quality, test.count);
    if (!sampled || count < 10) // too few to speak of a distribution
      return;
    Shown shown = std::move(samples(trained.session(), count, {}, false).at(0));
    Points own{size_t(count), size_t(test.imageBytes()), std::move(shown.array.numbers)};
    Points data = points(test, wanted, 0, count);
    for (const FeatureBlock &block : classifiers(program, own.size)) {
      std::string name = std::string("classes.") + program.blocks[block.table->block].name;
      values[name + ".samples"] = classesOf(trained.session(), block, own);
      values[name + ".data"] = classesOf(trained.session(), block, data);
    }
    addComparison(own, data, "", values);
    if (features.empty())
      return;
    FeatureBlock block = featureBlock(program, features, own.size);
    addComparison(featuresOf(trained.session(), block, own), featuresOf(trained.session(), block, data), "." + features,
                  values);
  }

  /// Adds the measures of samples against data. `suffix` tells the space that they are points of.
  static void addComparison(const Points &own, const Points &data, const std::string &suffix, Json &values) {
    Spread spread = spreadOf(data, own);
    values["nearest.sample_to_sample" + suffix] = spread.samples;
    values["nearest.data_to_data" + suffix] = spread.data;
    values["nearest.sample_to_data" + suffix] = spread.between;
    values["duplicates" + suffix] = double(spread.doubles) / double(own.count);
    values["fid" + suffix] = frechetDistance(own, data);
    Estimate kid = kernelDistance(own, data);
    values["kid" + suffix] = kid.mean;
    if (kid.error > 0)
      values["kid.error" + suffix] = kid.error;
    Coverage coverage = coverageOf(data, own);
    values["precision" + suffix] = coverage.precision;
    values["recall" + suffix] = coverage.recall;
    values["density" + suffix] = coverage.density;
    values["coverage" + suffix] = coverage.coverage;
  }

  /// The rows of an array as points.
  static Points pointsIn(const std::string &path) {
    std::unique_ptr<NpyReader> reader = openNpy(path);
    const NpyHeader &head = reader->header();
    Points out{size_t(head.count()), size_t(head.numbersEach()), {}};
    std::vector<uint8_t> row;
    for (size_t i = 0; i < out.count; ++i) {
      reader->read(row);
      for (size_t k = 0; k < out.size; ++k) {
        out.values.push_back(float(head.number(row.data() + k * head.width)));
        if (!std::isfinite(out.values.back()))
          throw UserError(path + ": row " + std::to_string(i) + " holds a number that is not finite");
      }
    }
    return out;
  }

  int compareFiles() const {
    if (made.empty() || real.empty())
      throw UserError("--made FILE and --real FILE are compared with each other: both are needed");
    Points own = pointsIn(made), data = pointsIn(real);
    if (own.size != data.size)
      throw UserError(made + " has " + std::to_string(own.size) + " numbers a row, " + real + " has " +
                      std::to_string(data.size));
    for (const auto &[path, points] : {std::pair(made, &own), std::pair(real, &data)})
      if (points->count < 10)
        throw UserError(path + ": has " + std::to_string(points->count) +
                        " rows; 10 are needed to speak of a distribution");
    startKernels(threadCount(runs.threads));
    Json values = Json::object();
    addComparison(own, data, "", values);
    print(values);
    return 0;
  }

  void addImportance(const gan_program &program, Trained &trained, const Dataset &test, Json &values) const {
    if (!importance)
      return;
    uint64_t batches = uint64_t(test.count + program.batch - 1) / program.batch;
    Progress progress(batches, shows);
    Estimate e = importanceWeighted(
        trained.session(), test, importance,
        [&](int64_t done) {
          if (progress.due(uint64_t(done)))
            progress.show({.done = uint64_t(done), .unit = "images"}, program.batch);
        },
        ranks);
    progress.finish();
    values["log_likelihood.importance"] = e.mean;
    values["log_likelihood.importance.error"] = e.error;
  }

  static Points points(const Dataset &data, const WantedData &wanted, int64_t first, int64_t count) {
    size_t size = size_t(data.imageBytes()), area = size_t(data.height * data.width), channels = size_t(data.channels);
    Points out{size_t(count), size, std::vector<float>(size_t(count) * size)};
    std::vector<float> image(size);
    Scale scale(wanted.lo, wanted.hi);
    for (int64_t i = 0; i < count; ++i) {
      scaledImage(data, first + i, scale, image.data());
      for (size_t k = 0; k < size; ++k) // from (H, W, C) to PyTorch's order
        out.values[size_t(i) * size + k % channels * area + k / channels] = image[k];
    }
    return out;
  }

  static bool samplesData(const gan_program &program, const Dataset &data) {
    const gan_observation &first = findGraph(program, GAN_GRAPH_SAMPLE)->observations[0];
    return elementsOf(first.layout) == uint64_t(data.imageBytes()) * program.batch;
  }

  /// Adds the Parzen window's estimate. The last images of the training data serve to choose sigma.
  void addParzen(const gan_program &program, Trained &trained, const Dataset &test, const WantedData &wanted,
                 Json &values) const {
    if (!parzen || !samplesData(program, test))
      return;
    Shown made = std::move(samples(trained.session(), parzen, {}, false, ranks).at(0));
    std::string note;
    Dataset train = loadData(data, Part::Train, wanted, note);
    if (!ranks || ranks->leads())
      tellNotes(note, true);
    int64_t kept = std::min<int64_t>(1000, train.count);
    Points own{size_t(parzen), size_t(test.imageBytes()), std::move(made.array.numbers)};
    Progress progress(uint64_t(kept + test.count), shows);
    Parzen p = parzenWindow(
        own, points(train, wanted, train.count - kept, kept), points(test, wanted, 0, test.count),
        wanted.hi - wanted.lo,
        [&](int64_t done) {
          if (progress.due(uint64_t(done)))
            progress.show({.done = uint64_t(done), .unit = "images"}, 1);
        },
        ranks);
    progress.finish();
    values["log_likelihood.parzen"] = p.estimate.mean;
    values["log_likelihood.parzen.error"] = p.estimate.error;
    values["log_likelihood.parzen.sigma"] = p.sigma;
  }

  void print(const Json &values) const {
    if (json)
      printf("%s\n", values.dump(2).c_str());
    for (auto &[name, value] : values.items())
      if (!json)
        printf("%-32s %s\n", name.c_str(), shown(value).c_str());
  }

  static std::string shown(const Json &value) {
    if (value.is_array())
      return value.dump();
    char text[40];
    snprintf(text, sizeof text, "%.6g", value.get<double>());
    return text;
  }

  CheckpointOptions checkpoint;
  DataOptions data;
  RunOptions runs;
  std::string features, made, real;
  int64_t importance = 50, parzen = 10000, quality = 500;
  bool json = false;
  Ranks *ranks = nullptr; ///< that evaluate together
  Output shows = Output::Quiet;
};

} // namespace

const CommandEntry evaluateEntry{
    "evaluate",
    "metrics, errors and likelihood on test images: every metric of the model; error.HEAD of heads as classifiers, "
    "matched_error.HEAD after matching codes to\n"
    "classes; log_likelihood, importance-weighted or by a Parzen window, in nats with its standard error; samples "
    "against\n"
    "images: nearest distances, duplicates, fid, kid, precision, recall, density, coverage, of pixels and of features",
    "[--checkpoint RUN] [options]",
    "evaluate --checkpoint runs/a --json\nevaluate --importance 5000 --data mnist/\n"
    "evaluate --quality 10000 --features F\nevaluate --made features.npy --real others.npy",
    makeCommand<Evaluate>};

} // namespace ganrt
