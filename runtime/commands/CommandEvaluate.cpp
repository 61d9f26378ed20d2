// evaluate: measures how good a checkpoint is on data that it has not seen.
#include "runtime/base/Error.h"
#include "runtime/base/Progress.h"
#include "runtime/commands/Command.h"
#include "runtime/data/Batches.h"
#include "runtime/data/Npy.h"
#include "runtime/device/Threads.h"
#include "runtime/generate/Evaluation.h"
#include "runtime/generate/Likelihood.h"
#include "runtime/generate/SampleQuality.h"
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
    if (parzen == 1)
      throw UserError("--parzen 1: a Parzen window needs more than one sample");
    Trained trained(program, checkpoint, runs, given.ranks);
    ranks = given.ranks;
    completeData("evaluate", trained.path, data);
    std::string note;
    Dataset test = loadData(data, Part::Test, wantedOf(program), note);
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
      addParzen(program, trained, test, values);
    if (leads(given)) {
      addQuality(program, trained, test, values);
      print(values);
    }
    return 0;
  }

private:
  /// Adds what is told of samples beside the data.
  void addQuality(const gan_program &program, Trained &trained, const Dataset &test, Json &values) const {
    if (quality < 1 && features.empty())
      return;
    Dataset train;
    std::string note;
    bool labelled = !test.labels.empty() || std::any_of(test.others.begin(), test.others.end(),
                                                        [](const Dataset &other) { return !other.labels.empty(); });
    if (labelled && findGraph(program, GAN_GRAPH_SAMPLE))
      train = loadData(data, Part::Train, wantedOf(program), note);
    values.update(sampleQuality(trained.session(), {test, train.count ? &train : nullptr, quality, features}));
  }

  /// Labels are wanted too, though the model may not read them.
  static WantedData wantedOf(const gan_program &program) {
    WantedData wanted = wantedData(program, *findGraph(program, GAN_GRAPH_EVALUATE));
    wanted.compare = true;
    return wanted;
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

  /// Adds the Parzen window's estimate. The last images of the training data serve to choose sigma.
  void addParzen(const gan_program &program, Trained &trained, const Dataset &test, Json &values) const {
    if (!parzen || !samplesData(program, test))
      return;
    Shown made = std::move(samples(trained.session(), parzen, {}, false, ranks).at(0));
    std::string note;
    Dataset train = loadData(data, Part::Train, wantedOf(program), note);
    if (!ranks || ranks->leads())
      tellNotes(note, true);
    int64_t kept = std::min<int64_t>(1000, train.count);
    Points own{size_t(parzen), size_t(test.imageBytes()), std::move(made.array.numbers)};
    Progress progress(uint64_t(kept + test.count), shows);
    Points validation = pointsOf(program, train, train.count - kept, kept);
    Parzen p = parzenWindow(
        own, validation, pointsOf(program, test, 0, test.count), rangeOf(program, validation),
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

  /// The length of the declared range, or of that of the points where there is none.
  static double rangeOf(const gan_program &program, const Points &points) {
    WantedData wanted = wantedOf(program);
    if (std::isfinite(wanted.hi - wanted.lo))
      return wanted.hi - wanted.lo;
    auto [least, most] = std::minmax_element(points.values.begin(), points.values.end());
    return std::max(double(*most) - double(*least), 1e-6);
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
