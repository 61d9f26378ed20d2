// train: decides what a run starts from - a fresh state, another checkpoint, or the end of an earlier run - and how
// long it is.
#include "runtime/base/DeviceFault.h"
#include "runtime/base/Error.h"
#include "runtime/base/Machine.h"
#include "runtime/base/Text.h"
#include "runtime/commands/Command.h"
#include "runtime/commands/FaultSearch.h"
#include "runtime/data/Columns.h"
#include "runtime/device/Threads.h"
#include "runtime/train/CheckpointFiles.h"
#include "runtime/train/Following.h"
#include "runtime/train/LoadBlocks.h"
#include "runtime/train/NotFinite.h"
#include "runtime/train/Training.h"

#include <sstream>
#include <utility>

namespace ganrt {
namespace {

/// The first line in which two texts differ, as "line 12: `a`, was `b`"; "" if there is none.
std::string firstDifference(const std::string &now, const std::string &before) {
  std::istringstream a(now), b(before);
  std::string left, right;
  for (int line = 1;; ++line) {
    bool more = bool(std::getline(a, left)), others = bool(std::getline(b, right));
    if (!more && !others)
      return "";
    if (!more || !others || left != right)
      return "line " + std::to_string(line) + ": `" + (more ? left : "") + "`, was `" + (others ? right : "") + "`";
  }
}

/// In place of the first iteration: the run is complete.
constexpr uint64_t nothingToDo = UINT64_MAX;

class Train : public Command {
public:
  void describe(po::options_description &description) override;
  std::string basedOn() const override {
    std::string config = runOf(options.resume) + "/config.json";
    return !options.resume.empty() && pathExists(config) ? config : ""; // if there is none, run() reports it
  }
  bool onAllRanks() const override { return true; }
  int run(const gan_program &program, const Given &given) override;

private:
  void checkOptions(const Given &given) const;
  Json config(const gan_program &program, const Numbers &numbers, uint64_t ranks);
  void checkResumes(const gan_program &program, const Json &before, const Given &given, uint64_t ranks) const;
  void expectFinite(const gan_program &program, const State &state, const std::string &path) const;
  CheckpointInfo loadStart(const gan_program &program, State &state, const std::string &path) const;
  uint64_t length(const gan_program &program, uint64_t epochIterations) const;
  std::string identity(const gan_program &program, const TrainingData &data) const;
  void startRanks(const gan_program &program, const TrainingData &data, Ranks &ranks, Device &device,
                  uint64_t iteration) const;
  int followRanks(const gan_program &program, Ranks &ranks);

  TrainOptions options;
  bool quiet = false, json = false;
  Json record; ///< the options with their values
};

void Train::describe(po::options_description &description) {
  addDataOptions(description, options.data);
  description.add_options()("balance", po::bool_switch(&options.data.balance),
                            "all classes equally often")("standardize", po::bool_switch(&options.data.standardize),
                                                         "numbers of a table's columns get mean 0, deviation 1")(
      "augment", po::value(&options.data.augment)->value_name("LIST"),
      "of: flip, shift 2, crop .8, rotate 9, brightness .2, contrast .2")(
      "out,o", po::value(&options.out)->value_name("FOLDER"), "run folder to make (runs/MODEL)")(
      "resume", po::value(&options.resume)->value_name("RUN"), "go on with a run, or from one of its checkpoints")(
      "force", po::bool_switch(&options.force), "replace a run that is there")(
      "warm-start", po::value(&options.warmStart)->value_name("CHECKPOINT"), "start a new run from these tensors")(
      "partial", po::bool_switch(&options.partial),
      "with --warm-start: load what fits, list the rest")("load", po::value(&options.load)->value_name("BLOCK=FILE"),
                                                          "start a block from a .safetensors (F.1.weight or 1.weight)")(
      "epochs", number(&options.epochs, 1, 1000000000)->value_name("N"), "length (the model's own where not given)")(
      "steps", number(&options.steps, 1, anyNumber)->value_name("N"),
      "length in iterations instead")("seconds", number(&options.seconds, 0, anyTime)->value_name("S"),
                                      "stop after this time, at the end of an iteration")(
      "pictures", number(&options.pictures, 1, 4096)->value_name("N")->default_value(64), "images in each grid")(
      "save-every", number(&options.checkpoints.seconds, 0, anyTime)->value_name("S")->default_value(60),
      "seconds between checkpoints to go on from")(
      "keep", number(&options.checkpoints.keep, 0, anyNumber)->value_name("N")->default_value(0),
      "checkpoints of the last N epochs too")("best", po::value(&options.checkpoints.best)->value_name("METRIC"),
                                              "keep the best, as elbo or min:error")(
      "stop-after", number(&options.checkpoints.stopAfter, 0, anyNumber)->value_name("N")->default_value(0),
      "end after N epochs of which none is the best; 0: do not")(
      "on-nan", po::value(&options.onNan)->value_name("stop|continue")->default_value("stop"),
      "when a loss or gradient is not finite")("quiet,q", po::bool_switch(&quiet), "no progress")(
      "json", po::bool_switch(&json), "progress and epochs as JSON, a line each, on standard output");
  addRunOptions(description, options.run);
}

void Train::checkOptions(const Given &given) const {
  readAugmentation(options.data.augment); // which throws if there is none of this text
  if (options.onNan != "stop" && options.onNan != "continue")
    throw UserError("--on-nan is stop or continue, not " + options.onNan);
  if (options.checkpoints.stopAfter && options.checkpoints.best.empty())
    throw UserError("--stop-after needs --best METRIC, which tells which epoch is the best");
  for (const char *other : {"out", "force", "warm-start", "load"})
    if (!options.resume.empty() && given.typed.contains(other))
      throw UserError(std::string("--resume goes on with a run as it is; --") + other + " starts another");
}

Json Train::config(const gan_program &program, const Numbers &numbers, uint64_t ranks) {
  Json config{{"model", program.model},
              {"ganc", program.ganc_version},
              {"program_version", program.version},
              {"source_path", program.source_path},
              {"source_hash", program.source_hash},
              {"target", program.target},
              {"cpu", cpuName()},
              {"batch", program.batch},
              {"ranks", ranks},
              {"global_batch", program.batch * ranks},
              {"options", record}};
  for (uint32_t i = 0; i < program.num_constants; ++i)
    config["numbers"][program.constants[i].name] = numbers.constant(i, {}, 0);
  config["source"] = program.source_text;
  return config;
}

/// Checks that nothing has changed that must not change in the middle of a run.
void Train::checkResumes(const gan_program &program, const Json &before, const Given &given, uint64_t ranks) const {
  if (before.value("source_hash", "") != program.source_hash)
    throw UserError(options.resume + ": is a run of another model text; " +
                    firstDifference(program.source_text, before.value("source", "")) +
                    ". Start anew with --warm-start " + options.resume + " to use its tensors");
  uint64_t batch = before.value("global_batch", before.value("batch", uint64_t(0)));
  if (batch != program.batch * ranks)
    throw UserError(options.resume + ": is a run with batches of " + std::to_string(batch) + ", this program's are " +
                    std::to_string(program.batch) +
                    (ranks > 1 ? " on each of " + std::to_string(ranks) + " ranks" : ""));
  for (const char *name :
       {"seed", "set", "augment", "balance", "standardize", "holdout", "unpaired", "labels", "on-corrupt", "pictures"})
    if (given.typed.contains(name) && before["options"].value(name, Json()) != record.value(name, Json()))
      throw UserError(std::string("--") + name + " cannot change in the middle of a run: it was " +
                      before["options"].value(name, Json()).dump());
  if (before.value("target", "") != program.target || before.value("ganc", "") != program.ganc_version)
    fprintf(stderr, "warning: the run was started by a program of ganc %s for %s; the last digits may differ\n",
            before.value("ganc", "").c_str(), before.value("target", "").c_str());
}

/// Throws or warns if the state is not finite, because training cannot repair it.
void Train::expectFinite(const gan_program &program, const State &state, const std::string &path) const {
  std::string name = firstNotFinite(program, state);
  if (name.empty())
    return;
  std::string words = path + ": its tensor " + name + " is not finite";
  if (options.onNan == "continue")
    fprintf(stderr, "warning: %s\n", printable(words).c_str());
  else
    throw UserError(words + ", and training would stop; an earlier checkpoint may be, or --on-nan continue goes on");
}

/// Loads the state that the run starts from. `path` is the checkpoint from which a run is resumed; "" if there is none.
CheckpointInfo Train::loadStart(const gan_program &program, State &state, const std::string &path) const {
  CheckpointInfo info;
  if (!path.empty()) {
    info = loadState(program, state, path, Fit::Whole);
    expectResumable(program, path, info);
    expectFinite(program, state, path);
  } else if (!options.warmStart.empty()) {
    std::string start = checkpointPath(options.warmStart);
    loadState(program, state, start, options.partial ? Fit::Partial : Fit::Whole);
    expectFinite(program, state, start);
  }
  if (path.empty()) // a checkpoint of this run holds them
    loadBlocks(program, state, options.load);
  return info;
}

uint64_t Train::length(const gan_program &program, uint64_t epochIterations) const {
  uint64_t epochs = options.epochs ? uint64_t(options.epochs) : program.epochs ? program.epochs : 10;
  return options.steps ? uint64_t(options.steps) : epochs * epochIterations;
}

int Train::run(const gan_program &program, const Given &given) {
  checkOptions(given);
  bool resumes = !options.resume.empty();
  std::string chosen = std::exchange(options.resume, runOf(options.resume));
  if (resumes && given.typed.contains("epochs") && !given.typed.contains("steps"))
    options.steps = 0;
  record = optionRecord(*this, given, {"out", "resume", "force", "quiet", "json", "seconds"});
  options.output = quiet ? Output::Quiet : json ? Output::Json : Output::Auto;
  options.data.quiet = quiet || json;
  bestMetric(program, options.checkpoints.best);
  if (given.ranks && !given.ranks->leads())
    return followRanks(program, *given.ranks);
  auto ranks = uint64_t(given.ranks ? given.ranks->size() : 1);
  Numbers numbers(program, options.run.settings, int(ranks));
  std::unique_ptr<Device> device = startDevice(program, options.run, options.output == Output::Auto, given.ranks);
  std::string path = resumes               ? options.resume
                     : options.out.empty() ? std::string("runs/") + program.model
                                           : options.out;
  RunFolder folder(path, resumes         ? RunFolder::Start::Resume
                         : options.force ? RunFolder::Start::Replace
                                         : RunFolder::Start::New);
  Json before = resumes ? folder.config() : Json();
  if (resumes)
    before["options"] = readOptions(folder.file("config.json"));
  if (resumes)
    checkResumes(program, before, given, ranks);
  TrainingData data = loadTrainingData(program, options.data, int(ranks));
  Json seen = fingerprint(data.train);
  if (before.contains("data") && before["data"] != seen)
    throw UserError(options.data.shown() + ": is not the data that the run was started with: " + before["data"].dump() +
                    ", now " + seen.dump());
  if (before.contains("classes") && before["classes"] != Json(data.train.classes))
    throw UserError(options.data.shown() + ": has other classes than the data that the run was started with: " +
                    Json(data.train.classes).dump() + ", was " + before["classes"].dump());
  Json table = jsonOf(schemeOf(data.train));
  if (before.contains("table") && before["table"] != table)
    throw UserError(options.data.shown() + ": its columns have other categories, means or deviations than in the table "
                                           "that the run was started with");
  State state(*device, program, options.run.seed);
  bool takesNewest = chosen == options.resume;
  std::string from = !takesNewest ? chosen : resumes ? newestCheckpoint(options.resume).value_or("") : "";
  CheckpointInfo info = loadStart(program, state, from);
  uint64_t total = length(program, data.epochIterations);
  uint64_t done = info.training.is_object() ? info.moment.iteration : 0;
  if (resumes && (done > total || (done == total && from.ends_with("/final.safetensors")))) { // else it must be ended
    printf("%s: is complete, %llu iterations; more with --epochs or --steps\n", printable(path).c_str(),
           static_cast<unsigned long long>(done));
    if (given.ranks)
      startRanks(program, data, *given.ranks, *device, nothingToDo);
    return 0;
  }
  Json now = config(program, numbers, ranks);
  now["data"] = seen;
  if (!data.train.classes.empty())
    now["classes"] = data.train.classes;
  if (!table["header"].empty())
    now["table"] = table;
  now["device"] = device->name();
  now["iterations"] = total;
  now["epoch_iterations"] = data.epochIterations;
  Interrupt interrupt;
  if (given.ranks) {
    startRanks(program, data, *given.ranks, *device, done);
    sharePlateaus(*given.ranks, program, info.moment);
    shareState(*given.ranks, state);
  }
  folder.begin(now);
  if (!takesNewest) // later checkpoints do not fit the metrics, which are cut off here
    removeLaterCheckpoints(options.resume, done);
  Training training({.session = {program, state, numbers, options.run.seed, given.ranks},
                     .options = options,
                     .data = data,
                     .folder = folder,
                     .start = std::move(info),
                     .total = total,
                     .interrupt = interrupt});
  try {
    return training.run();
  } catch (const DeviceFault &fault) {
    if (given.ranks)
      throw;
    fprintf(stderr, "a kernel faulted on the GPU; looking for it\n");
    if (newestCheckpoint(folder.path()))
      fprintf(stderr, "train --resume %s goes on from the last checkpoint, with --device on another device\n",
              printable(folder.path()).c_str());
    throw std::runtime_error(explainFault(folder.path(), training.iterations(), fault.what()));
  }
}

/// What must be the same on all ranks.
std::string Train::identity(const gan_program &program, const TrainingData &data) const {
  return identityOf(program, options.run.seed, options.run.settings) + "data: " + fingerprint(data.train).dump() +
         "\ntable: " + jsonOf(schemeOf(data.train)).dump() + "\n--augment: " + options.data.augment +
         "\n--balance: " + (options.data.balance ? "yes" : "no") + "\n";
}

/// Rank 0 has what it needs: tells the others at which iteration the run starts, and the user what they make together.
void Train::startRanks(const gan_program &program, const TrainingData &data, Ranks &ranks, Device &device,
                       uint64_t iteration) const {
  beginTogether(ranks, device, identity(program, data), options.output == Output::Auto);
  ranks.broadcast(&iteration, sizeof iteration);
  if (options.output == Output::Auto && iteration != nothingToDo)
    printf("%d ranks with %u samples each: batches of %u\n", ranks.size(), program.batch,
           program.batch * uint32_t(ranks.size()));
}

/// All that a rank but the first does.
int Train::followRanks(const gan_program &program, Ranks &ranks) {
  options.data.quiet = true;
  Numbers numbers(program, options.run.settings, ranks.size());
  std::unique_ptr<Device> device = startDevice(program, options.run, false, &ranks);
  TrainingData data = loadTrainingData(program, options.data, ranks.size());
  State state(*device, program, options.run.seed);
  Interrupt interrupt;
  beginTogether(ranks, *device, identity(program, data), false);
  uint64_t iteration = 0;
  ranks.broadcast(&iteration, sizeof iteration);
  if (iteration == nothingToDo)
    return 0;
  Moment moment{iteration, data.epochIterations};
  sharePlateaus(ranks, program, moment);
  shareState(ranks, state);
  return follow({program, state, numbers, options.run.seed, &ranks}, data, readAugmentation(options.data.augment),
                moment, interrupt);
}

} // namespace

const CommandEntry trainEntry{"train", "train on data; leaves metrics, pictures and checkpoints in a run folder",
                              "--data DATA [options]",
                              "train --data photos/ --augment flip --holdout 0.1 --keep 3 --best elbo --out runs/a\n"
                              "train --resume runs/a",
                              makeCommand<Train>};

} // namespace ganrt
