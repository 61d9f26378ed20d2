#include "runtime/commands/Command.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Machine.h"
#include "runtime/base/Text.h"
#include "runtime/data/Csv.h"
#include "runtime/data/Table.h"
#include "runtime/device/Threads.h"
#include "runtime/program/Layout.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/CheckpointFiles.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <utility>

namespace ganrt {

void expectVersion(const gan_program &program) {
  if (program.version != GAN_PROGRAM_VERSION)
    throw UserError("the tables of this program have version " + std::to_string(program.version) +
                    ", its runtime library reads version " + std::to_string(GAN_PROGRAM_VERSION) +
                    ": two installations of ganc were mixed; build it anew with one");
}

void refuse(const gan_program &program, const std::string &command) {
  for (uint32_t i = 0; i < program.num_refusals; ++i)
    if (command == program.refusals[i].command)
      throw UserError(command + ": " + program.refusals[i].why);
}

void addRunOptions(po::options_description &description, RunOptions &options) {
  description.add_options()(
      "seed", number(&options.seed, 0, std::numeric_limits<uint64_t>::max())->value_name("N")->default_value(0),
      "of everything random")("threads", number(&options.threads, 0, 1024)->value_name("N")->default_value(0),
                              "0: one for each core that it may use; the results are the same")(
      "device", po::value(&options.device)->value_name("DEVICE")->default_value("auto"),
      "cpu, cuda[:n], opencl[:n]; auto: a GPU that works, else cpu")(
      "set", po::value(&options.settings)->value_name("NAME=X"), "another number of the model (see info), or a latent");
}

/// Whether a word is NAME=SOURCE or NAME,NAME=SOURCE and not the path of a file that has such a name.
static bool isNamed(const std::string &word) {
  size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0 || pathExists(word))
    return false;
  auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ','; };
  return std::all_of(word.begin(), word.begin() + int64_t(equals), letter);
}

/// Takes " split columns" or " split rows" off the end of a source, which cuts its pictures into a part for each name.
static std::vector<NamedSource> partsOf(const std::string &word, const Words &names, std::string where) {
  Cut cut;
  if (size_t at = where.rfind(" split "); at != std::string::npos) {
    std::string way = where.substr(at + strlen(" split "));
    if (way != "columns" && way != "rows")
      throw UserError("--data '" + word + "': pictures are cut by `split columns`, side by side, or `split rows`");
    where = where.substr(0, at), cut.rows = way == "rows";
    if (names.size() == 1)
      throw UserError("--data '" + word + "': a name for each part stands in front, from the " +
                      (cut.rows ? "top" : "left") + ": --data '" + names[0] + ",b=" + where + " split " + way + "'");
  } else if (names.size() > 1) {
    throw UserError("--data " + word + ": for several data in one picture --data '" + word +
                    " split columns' cuts it, or split rows");
  }
  std::vector<NamedSource> out;
  cut.of = int64_t(names.size());
  for (; cut.part < cut.of; ++cut.part)
    out.push_back({names[size_t(cut.part)], where, cut});
  return out;
}

/// Sorts the words of --data. Of two without a name one may be a table, for data that is bound to columns.
static void takeSources(const Words &given, DataOptions &options) {
  options.where.clear(), options.others.clear(), options.table.clear();
  for (const std::string &word : given)
    if (isNamed(word))
      for (NamedSource &source :
           partsOf(word, cellsOf(word.substr(0, word.find('=')), true), word.substr(word.find('=') + 1)))
        options.others.push_back(std::move(source));
    else if (options.where.empty())
      options.where = word;
    else if (options.table.empty() && isTable(word) != isTable(options.where))
      options.table = isTable(word) ? word : std::exchange(options.where, word);
    else
      throw UserError("--data " + word + ": a second one needs the name of the model's data: --data NAME=" + word);
}

void addDataOptions(po::options_description &description, DataOptions &options) {
  auto add = description.add_options();
  add("data",
      po::value<Words>()->value_name("DATA")->notifier([&options](const Words &given) { takeSources(given, options); }),
      "images, IDX, CIFAR, .npy, .csv, builtin:glyphs; or NAME=DATA each");
  add("unpaired", po::bool_switch(&options.unpaired), "several data are not matched: each has its own order");
  add("labels", po::value(&options.labels)->value_name("FILE"),
      "labels of an .npy or .npz: an .npy of numbers, or an .npz");
  add("holdout", number(&options.holdout, 0, 0.99)->value_name("SHARE")->default_value(0),
      "kept for testing where the data has no test part");
  add("on-corrupt", po::value(&options.onCorrupt)->value_name("skip|stop")->default_value("skip"),
      "what damaged images do");
  add("memory", number(&options.memory, 0, int64_t(1) << 30)->value_name("MIB")->default_value(0),
      "for images, the rest goes to disk; 0: a quarter of what there is");
}

void addCheckpointOptions(po::options_description &description, CheckpointOptions &options) {
  description.add_options()("checkpoint", po::value(&options.where)->value_name("RUN"),
                            "checkpoint file or run folder (runs/MODEL)")(
      "partial", po::bool_switch(&options.partial), "load what fits of another model's checkpoint, list the rest");
}

/// The configuration of the run that a checkpoint belongs to; "" if it belongs to none.
static std::string configPath(const std::string &checkpoint) {
  std::string folder =
      checkpoint.substr(0, checkpoint.find_last_of('/') + 1); // for a run's checkpoint this is run/checkpoints/
  for (const std::string &path : {checkpoint + "/config.json", folder + "../config.json"})
    if (pathExists(path))
      return path;
  return "";
}

void keepNumbering(const std::string &checkpoint, DataOptions &options) {
  CheckpointInfo info = readCheckpointInfo(checkpoint);
  options.classes = std::move(info.classes), options.scheme = std::move(info.table);
}

void completeData(const char *command, const std::string &checkpoint, DataOptions &options) {
  keepNumbering(checkpoint, options);
  if (options.isGiven())
    return;
  std::string path = configPath(checkpoint);
  Json run = path.empty() ? Json::object() : readOptions(path);
  auto text = [&](const char *name) {
    return run.contains(name) && run[name].is_string() ? run[name].get<std::string>() : "";
  };
  Words sources;
  for (const Json &word : run.contains("data") && run["data"].is_array() ? run["data"] : Json::array({text("data")}))
    if (word.is_string() && !word.get<std::string>().empty())
      sources.push_back(word);
  takeSources(sources, options);
  options.unpaired |= run.contains("unpaired") && run["unpaired"] == true;
  options.labels = options.labels.empty() ? text("labels") : options.labels;
  if (options.holdout <= 0 && run.contains("holdout") && run["holdout"].is_number())
    options.holdout = run["holdout"];
  if (!options.isGiven())
    throw UserError(std::string(command) + " needs --data: " + checkpoint + " belongs to no run that tells it");
}

int threadCount(int option, Ranks *ranks) {
  int share = ranks ? ranks->threads(usableCores()) : usableCores();
  return option ? option : share;
}

std::unique_ptr<Device> startDevice(const gan_program &program, const RunOptions &options, bool tells, Ranks *ranks) {
  startKernels(threadCount(options.threads, ranks));
  std::string note;
  std::unique_ptr<Device> device = openDevice(program, options.device, note);
  if (tells && !note.empty())
    fprintf(stderr, "%s\n", note.c_str());
  return device;
}

static std::string existingCheckpoint(const gan_program &program, const CheckpointOptions &checkpoint) {
  std::string usual = std::string("runs/") + program.model;
  if (checkpoint.where.empty() && !pathExists(usual))
    throw UserError("--checkpoint is needed, a file or a run folder: there is no " + usual);
  return checkpointPath(checkpoint.where.empty() ? usual : checkpoint.where);
}

/// Gives numbers that are set as they are in the table the model's scale.
static void standardise(Chosen &chosen, const Standard &standard) {
  if (chosen.element >= 0) {
    chosen.values[0] = double(standard.of(size_t(chosen.element), float(chosen.values[0])));
    return;
  }
  chosen.values.resize(standard.mean.size(), chosen.values[0]);
  for (size_t k = 0; k < chosen.values.size(); ++k)
    chosen.values[k] = double(standard.of(k, float(chosen.values[k])));
}

std::vector<Chosen> chosenLatents(const gan_program &program, const gan_graph &table,
                                  const CheckpointOptions &checkpoint, RunOptions &run) {
  const gan_graph &train = *findGraph(program, GAN_GRAPH_TRAIN);
  bool named = std::any_of(train.inputs, train.inputs + train.num_inputs,
                           [](const gan_input &input) { return input.kind == GAN_INPUT_LABEL || input.num_columns; });
  if (!named || run.settings.empty())
    return takeChosen(table, run.settings, {});
  CheckpointInfo info = readCheckpointInfo(existingCheckpoint(program, checkpoint));
  ClassNames names(info.table.categories.begin(), info.table.categories.end());
  for (uint32_t i = 0; i < train.num_inputs; ++i)
    if (train.inputs[i].kind == GAN_INPUT_LABEL && !train.inputs[i].num_columns && !info.classes.empty())
      names[declaredName(train.inputs[i])] = info.classes;
  std::vector<Chosen> chosen = takeChosen(table, run.settings, names);
  for (Chosen &c : chosen)
    if (auto own = info.table.standards.find(table.inputs[c.input].name); own != info.table.standards.end())
      standardise(c, own->second);
  return chosen;
}

Trained::Trained(const gan_program &program, const CheckpointOptions &checkpoint, const RunOptions &run, Ranks *ranks)
    : program(program), path(existingCheckpoint(program, checkpoint)), numbers(program, run.settings),
      device(startDevice(program, run, !ranks || ranks->leads(), ranks)), state(*device, program, run.seed),
      seed(run.seed) {
  CheckpointInfo info = loadState(program, state, path, checkpoint.partial ? Fit::Partial : Fit::Whole);
  moment = std::move(info.moment), table = std::move(info.table);
}

void addOutputOptions(po::options_description &description, OutputOptions &options, const std::string &usual) {
  std::string meaning = ".png, .npy, .csv, .safetensors; FOLDER/ for a png of each; - for stdout (" + usual +
                        ".png, or .npy or .safetensors for what is no picture)";
  description.add_options()("out,o", po::value(&options.out)->value_name("FILE"), meaning.c_str())(
      "format", po::value(&options.format)->value_name("FORMAT"), "png, npy, csv or safetensors, whatever the name")(
      "padding", number(&options.padding, 0, 1000)->value_name("N")->default_value(2),
      "pixels between the images of a grid");
}

void writeFileNames(const std::string &out, const Dataset &data, const std::vector<int64_t> &indices) {
  if (data.files.empty() || out == "-")
    return;
  std::error_code ignored;
  std::string lines, path = withoutEnding(out) + ".files.txt";
  if (out.ends_with('/') || std::filesystem::is_directory(out, ignored))
    path = out + (out.ends_with('/') ? "" : "/") + "files.txt";
  for (int64_t i : indices) {
    for (char c : data.files[size_t(i)]) // escaped, so that each name stays on one line
      lines += c == '\n' ? "\\n" : c == '\\' ? "\\\\" : std::string(1, c);
    lines += '\n';
  }
  writeOutput(path, lines);
  printf("%s\n", printable(path).c_str());
}

Dataset shownData(const char *command, const gan_program &program, const gan_graph &table, const Trained &trained,
                  DataOptions data) {
  completeData(command, trained.path, data);
  std::string note;
  WantedData wanted = wantedData(program, table);
  wanted.files = true;
  Dataset images = loadData(data, Part::Test, wanted, note);
  if (!images.count)
    images = loadData(data, Part::Train, wanted, note);
  tellNotes(note, true);
  return images;
}

} // namespace ganrt
