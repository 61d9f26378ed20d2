// What the trainer's commands share: options and their help, the state from a checkpoint, the picture of a graph's
// values.
#pragma once

#include "runtime/Dataset.h"
#include "runtime/Picture.h"
#include "runtime/Session.h"

#include <boost/program_options.hpp>
#include <optional>

namespace ganrt {

namespace po = boost::program_options;
using Words = std::vector<std::string>;

/// A command: the words after its name to an exit status.
int trainCommand(const gan_program &program, const Words &words);
int sampleCommand(const gan_program &program, const Words &words);
int reconstructCommand(const gan_program &program, const Words &words);
int traverseCommand(const gan_program &program, const Words &words);
int evaluateCommand(const gan_program &program, const Words &words);
int infoCommand(const gan_program &program, const Words &words);
int benchCommand(const gan_program &program, const Words &words);
int traceCommand(const gan_program &program, const Words &words);

/// Options that every command that runs kernels has.
struct RunOptions {
  uint64_t seed = 0;
  int threads = 0; ///< 0: as many as there are cores
  Words settings;
};
void addRunOptions(po::options_description &description, RunOptions &options);

/// --data and what belongs to it.
void addDataOptions(po::options_description &description, DataOptions &options);

/// Where no --data is given: that of the run which the checkpoint is of. Throws UserError where there is neither.
void completeData(const char *command, const std::string &checkpoint, DataOptions &options);

/// Parses; prints the help and returns nothing for --help. Throws UserError for what is unknown (with the nearest), out
/// of place or malformed.
std::optional<po::variables_map> parseOptions(const Words &words, const std::string &usage,
                                              po::options_description &description);

/// Number of threads meant by the option.
int threadCount(int option);

/// A checkpoint file, or that of a run folder.
std::string checkpointPath(const std::string &where);
/// Overwrites the tensors that the file names; all must be there with their shapes. Throws UserError that lists what
/// differs. Returns where training stood.
Moment loadState(const gan_program &program, const State &state, const std::string &path);
void saveState(const gan_program &program, const State &state, const std::string &path, const Moment &moment,
               uint64_t seed);

/// Values of a sample or reconstruct graph, each image as bytes (height, width, channels).
struct Shown {
  const gan_observation *what;
  std::vector<std::vector<uint8_t>> images;
  int64_t height, width, channels;
};
/// Runs the graph once and takes every value that it shows.
std::vector<Shown> show(Graph &graph, uint64_t iteration);

/// `count` images of the sample graph (of its first value that is a picture) as a grid.
Grid sampleGrid(const gan_program &program, const State &state, const Numbers &numbers, uint64_t seed, int64_t count);

/// Rows of originals, each above what the model makes of it.
Grid reconstructionGrid(const gan_program &program, const State &state, const Numbers &numbers, uint64_t seed,
                        const Dataset &data, int64_t count);

} // namespace ganrt
