// A trainer's commands: the interface of one, the table of all, and the options that several share.
#pragma once

#include "runtime/Dataset.h"
#include "runtime/Generate.h"
#include "runtime/Options.h"
#include "runtime/Picture.h"
#include "runtime/Session.h"

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

/// Throws UserError where the compiler found that a command, or "command --option value", can do nothing with the
/// model.
void refuse(const gan_program &program, const std::string &command);

/// Options that every command that runs kernels has.
struct RunOptions {
  uint64_t seed = 0;
  int threads = 0; ///< 0: as many as there are cores
  Words settings;
};
void addRunOptions(po::options_description &description, RunOptions &options);

/// --data and what belongs to it.
void addDataOptions(po::options_description &description, DataOptions &options);

/// --checkpoint and how strictly it must fit.
struct CheckpointOptions {
  std::string where; ///< file or run folder; "": runs/MODEL
  bool partial = false;
};
void addCheckpointOptions(po::options_description &description, CheckpointOptions &options);

/// Where no --data is given: that of the run which the checkpoint is of. Throws UserError where there is neither.
void completeData(const char *command, const std::string &checkpoint, DataOptions &options);

/// Number of threads meant by the option.
int threadCount(int option);

/// A trained program, as most commands start from.
struct Trained {
  Trained(const gan_program &program, const CheckpointOptions &checkpoint, const RunOptions &run);
  std::string path; ///< of the checkpoint
  Numbers numbers;
  State state;
  Moment moment;
};

/// Where pictures or arrays go, and how a grid looks.
struct OutputOptions {
  std::string out, format; ///< out "": the usual file; format "": as the name says
  int64_t padding = 2;
};
/// `usual`: the usual file, without its ending.
void addOutputOptions(po::options_description &description, OutputOptions &options, const std::string &usual);
/// png, npy or safetensors, for what the graph shows; completes `out`. A picture is shown of the graph's first value,
/// one array is written where there is one. Throws UserError for a format that cannot hold the values.
std::string chooseFormat(const gan_graph &table, OutputOptions &options, const std::string &usual);
/// Writes the values as arrays, or in the format png `grid` as a picture, and tells where.
void writeShown(const OutputOptions &options, const std::string &format, const std::vector<Shown> &shown, Grid grid);
/// A picture of the first value. `captions`: above each, may be empty.
Grid firstGrid(const std::vector<Shown> &shown, int64_t columns, std::vector<std::string> captions = {});

/// Whether --count, --rows, --columns and --padding can be: at most 4096 images.
void checkGrid(int64_t count, int64_t rows, int64_t columns, int64_t padding);

/// The test part of the data where there is one, else the training part.
Dataset shownData(const char *command, const gan_program &program, const gan_graph &table, const Trained &trained,
                  DataOptions data);

} // namespace ganrt
