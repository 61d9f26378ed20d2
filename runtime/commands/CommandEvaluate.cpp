// evaluate: measures how good a checkpoint is on data that it has not seen.
#include "runtime/base/Error.h"
#include "runtime/base/Progress.h"
#include "runtime/commands/Command.h"
#include "runtime/data/Batches.h"
#include "runtime/generate/Evaluation.h"
#include "runtime/generate/Likelihood.h"
#include "runtime/program/Layout.h"
#include "runtime/train/Following.h"

#include <algorithm>
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
        "samples of the Parzen window of models without; 0: none")("json", po::bool_switch(&json), "as JSON");
    addRunOptions(options, runs);
  }

  bool onAllRanks() const override { return true; }

  int run(const gan_program &program, const Given &given) override {
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
    if (leads(given))
      print(values);
    return 0;
  }

private:
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
        printf("%-32s %.6g\n", name.c_str(), value.get<double>());
  }

  CheckpointOptions checkpoint;
  DataOptions data;
  RunOptions runs;
  int64_t importance = 50, parzen = 10000;
  bool json = false;
  Ranks *ranks = nullptr; ///< that evaluate together
  Output shows = Output::Quiet;
};

} // namespace

const CommandEntry evaluateEntry{
    "evaluate",
    "metrics, errors and likelihood on test images: every metric of the model; error.HEAD of heads as classifiers, "
    "matched_error.HEAD after matching codes to\n"
    "classes; log_likelihood, importance-weighted or by a Parzen window, in nats with its standard error",
    "[--checkpoint RUN] [options]", "evaluate --checkpoint runs/a --json\nevaluate --importance 5000 --data mnist/",
    makeCommand<Evaluate>};

} // namespace ganrt
