// A trainer's commands: the interface of one, the table of all, and the options that several share.
#pragma once

#include "runtime/commands/Options.h"
#include "runtime/commands/ShownOutput.h"
#include "runtime/data/Dataset.h"
#include "runtime/generate/Generate.h"
#include "runtime/program/Graph.h"
#include "runtime/program/RunOptions.h"

#include <memory>

namespace ganrt {

/// One of the things that a trainer does. Made for one call: its members are its options.
class Command {
public:
  virtual ~Command() = default;
  /// Declares the options, bound to members.
  virtual void describe(po::options_description &options) = 0;
  /// A file of options that hold where the command line gives none ("": none). Asked when the command line is read.
  virtual std::string basedOn() const { return ""; }
  /// Does it; the exit status. Throws UserError.
  virtual int run(const gan_program &program, const Given &given) = 0;
};

/// A command as users see it.
struct CommandEntry {
  const char *name, *meaning;
  const char *usage;    ///< what follows the name: "--data DATA [options]"
  const char *examples; ///< lines of arguments after the program's name
  std::unique_ptr<Command> (*make)();
};
extern const CommandEntry trainEntry, sampleEntry, reconstructEntry, interpolateEntry, traverseEntry, encodeEntry,
    evaluateEntry, infoEntry, benchEntry, traceEntry;

template <class T> std::unique_ptr<Command> makeCommand() { return std::make_unique<T>(); }

/// Throws UserError where the program's tables are of another version than this library reads.
void expectVersion(const gan_program &program);

/// Throws UserError where the compiler found that a command, or "command --option value", can do nothing with the
/// model.
void refuse(const gan_program &program, const std::string &command);

/// --seed, --threads and --set.
void addRunOptions(po::options_description &description, RunOptions &options);

/// --data and what belongs to it.
void addDataOptions(po::options_description &description, DataOptions &options);

/// --checkpoint and how strictly it must fit.
struct CheckpointOptions {
  std::string where; ///< file or run folder; "": runs/MODEL
  bool partial = false;
};
void addCheckpointOptions(po::options_description &description, CheckpointOptions &options);

/// Where no --data is given: that of the run which the checkpoint is of. Throws UserError where there is neither. Its
/// classes keep the numbers that they have in the run.
void completeData(const char *command, const std::string &checkpoint, DataOptions &options);

/// Number of threads meant by the option.
int threadCount(int option);

/// What --set says of latents and labels that the graph draws; a class may be told by the name that it has in the run.
std::vector<Chosen> chosenLatents(const gan_program &program, const gan_graph &table,
                                  const CheckpointOptions &checkpoint, RunOptions &run);

/// A trained program, as most commands start from.
struct Trained {
  Trained(const gan_program &program, const CheckpointOptions &checkpoint, const RunOptions &run);
  Session session() { return {program, state, numbers, seed}; }
  const gan_program &program;
  std::string path; ///< of the checkpoint
  Numbers numbers;
  State state;
  uint64_t seed;
  Moment moment;
};

/// `usual`: the usual file, without its ending.
void addOutputOptions(po::options_description &description, OutputOptions &options, const std::string &usual);
/// The names of the files that rows of `out` are of, a line each, in OUT.files.txt or a folder's files.txt; nothing
/// where they are of none, or `out` is standard output.
void writeFileNames(const std::string &out, const Dataset &data, const std::vector<int64_t> &indices);

/// The test part of the data where there is one, else the training part.
Dataset shownData(const char *command, const gan_program &program, const gan_graph &table, const Trained &trained,
                  DataOptions data);

} // namespace ganrt
