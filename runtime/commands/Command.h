// A trainer's commands: the interface of a command, the table of all commands, and the options that several share.
#pragma once

#include "runtime/commands/Options.h"
#include "runtime/commands/ShownOutput.h"
#include "runtime/data/Dataset.h"
#include "runtime/generate/Generate.h"
#include "runtime/program/Graph.h"
#include "runtime/program/RunOptions.h"

#include <memory>

namespace ganrt {

/// A command of a trainer. An object is made for one call; its members are the options.
class Command {
public:
  virtual ~Command() = default;
  /// Declares the options and binds them to members.
  virtual void describe(po::options_description &options) = 0;
  /// A file with options for those that the command line does not set; "" for none. Called after the command line is
  /// read.
  virtual std::string basedOn() const { return ""; }
  /// Where words go that are no options; null: there may be none.
  virtual Words *words() { return nullptr; }
  /// Whether several ranks run it together; otherwise rank 0 does alone.
  virtual bool onAllRanks() const { return false; }
  /// Runs the command and returns the exit status. Throws UserError.
  virtual int run(const gan_program &program, const Given &given) = 0;
};

/// The entry of a command in the table, with the texts for users.
struct CommandEntry {
  const char *name, *meaning;
  const char *usage;    ///< the text after the name: "--data DATA [options]"
  const char *examples; ///< lines of arguments after the program's name
  std::unique_ptr<Command> (*make)();
};
extern const CommandEntry trainEntry, sampleEntry, applyEntry, reconstructEntry, interpolateEntry, traverseEntry,
    encodeEntry, evaluateEntry, infoEntry, benchEntry, traceEntry, findFaultEntry;

template <class T> std::unique_ptr<Command> makeCommand() { return std::make_unique<T>(); }

/// Throws UserError if the program's tables are of another version than this library reads.
void expectVersion(const gan_program &program);

/// Throws UserError if the compiler found that a command, or "command --option value", does not apply to the model.
void refuse(const gan_program &program, const std::string &command);

/// Declares --seed, --threads, --device and --set.
void addRunOptions(po::options_description &description, RunOptions &options);

/// Declares --data and the options that belong to it.
void addDataOptions(po::options_description &description, DataOptions &options);

/// The options --checkpoint and --partial.
struct CheckpointOptions {
  std::string where; ///< file or run folder; "": runs/MODEL
  bool partial = false;
};
void addCheckpointOptions(po::options_description &description, CheckpointOptions &options);

/// Classes, categories and columns keep the numbers and scales that they have in the run.
void keepNumbering(const std::string &checkpoint, DataOptions &options);

/// Sets the data to that of the checkpoint's run if --data is not given. Throws UserError if there is no such run.
/// Keeps the run's numbering.
void completeData(const char *command, const std::string &checkpoint, DataOptions &options);

/// The number of threads that the option stands for. Ranks on one machine share its cores.
int threadCount(int option, Ranks *ranks = nullptr);

/// Starts the threads that kernels run on and opens the device. Tells on stderr which was chosen, if there was a choice
/// and `tells` is true.
std::unique_ptr<Device> startDevice(const gan_program &program, const RunOptions &options, bool tells = true,
                                    Ranks *ranks = nullptr);

/// Whether this process writes and prints: it is alone, or the first of several ranks.
inline bool leads(const Given &given) { return !given.ranks || given.ranks->leads(); }

/// What --set says about latents and labels that the graph draws. A class may be given by the name that it has in the
/// run.
std::vector<Chosen> chosenLatents(const gan_program &program, const gan_graph &table,
                                  const CheckpointOptions &checkpoint, RunOptions &run);

/// A trained program, from which most commands start.
struct Trained {
  /// `ranks`: those that use it together, each of which reads the checkpoint.
  Trained(const gan_program &program, const CheckpointOptions &checkpoint, const RunOptions &run,
          Ranks *ranks = nullptr);
  Session session() { return {program, state, numbers, seed}; }
  const gan_program &program;
  std::string path; ///< path of the checkpoint
  Numbers numbers;
  std::unique_ptr<Device> device;
  State state;
  uint64_t seed;
  Moment moment;
  TableScheme table; ///< what the run knows of the table that its data is bound to
};

/// Whether values of a graph are rows of a table that the model's data is bound to.
inline bool makesRows(const gan_program &program, const gan_graph &graph) {
  return TableRows(program, graph, {}).any();
}

/// Declares --out, --format and --padding. `usual` is the default file without its ending.
void addOutputOptions(po::options_description &description, OutputOptions &options, const std::string &usual);
/// Writes the names of the files that the rows of `out` come from, one a line, to OUT.files.txt or a folder's
/// files.txt. Writes nothing if the data has no files, or `out` is standard output.
void writeFileNames(const std::string &out, const Dataset &data, const std::vector<int64_t> &indices);

/// Loads the test part of the data or, if there is none, the training part.
Dataset shownData(const char *command, const gan_program &program, const gan_graph &table, const Trained &trained,
                  DataOptions data);

} // namespace ganrt
