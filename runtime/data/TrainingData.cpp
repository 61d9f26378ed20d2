#include "runtime/data/TrainingData.h"
#include "runtime/base/Error.h"
#include "runtime/base/Text.h"
#include "runtime/data/Batches.h"
#include "runtime/data/ImageFiles.h"
#include "runtime/program/Inputs.h"

#include <algorithm>
#include <zlib.h>

namespace ganrt {
namespace {

/// How many iterations make up one pass over the data.
uint64_t passIterations(const gan_program &program, const gan_graph &table, const Dataset &data, int ranks) {
  uint64_t batches = uint64_t(data.count) / (uint64_t(program.batch) * uint64_t(ranks)); // only whole batches
  return std::max<uint64_t>(1, uint64_t(double(batches) / batchesOfIteration(program, table)));
}

/// Prints which class has which number.
void tellClasses(const Dataset &data) {
  Words numbered;
  for (size_t i = 0; i < data.classes.size(); ++i)
    numbered.push_back(std::to_string(i) + " " + data.classes[i]);
  if (!numbered.empty())
    fprintf(stderr, "classes%s: %s\n", data.header.empty() ? "" : (" of " + data.name).c_str(),
            printable(listed(numbered, 20)).c_str());
  for (const Dataset &other : data.others)
    tellClasses(other);
}

} // namespace

bool readsData(const gan_program &program) {
  const gan_graph &table = *findGraph(program, GAN_GRAPH_TRAIN);
  return std::any_of(table.inputs, table.inputs + table.num_inputs, isData);
}

std::string insufficient(const gan_program &program, const Dataset &data, int ranks) {
  uint64_t all = uint64_t(data.count), batch = uint64_t(program.batch) * uint64_t(ranks);
  std::string has = data.origin + ": has " + std::to_string(all) + " images";
  if (all < batch)
    return has + ", fewer than one batch of " + std::to_string(batch);
  for (const Dataset &other : data.others)
    if (std::string why = insufficient(program, other); other.unpaired && !why.empty())
      return why;
  if (!program.num_streams)
    return "";
  uint64_t first = program.streams[0].count;
  if (first >= batch && all - std::min(first, all) >= batch)
    return "";
  return has + "; stream " + program.streams[0].name + " takes " + std::to_string(first) +
         ", and each stream needs a batch of " + std::to_string(batch);
}

TrainingData loadTrainingData(const gan_program &program, const DataOptions &options, int ranks) {
  const gan_graph &table = *findGraph(program, GAN_GRAPH_TRAIN);
  TrainingData data;
  data.epochIterations = program.epoch_iterations ? program.epoch_iterations : 100;
  if (!readsData(program))
    return data;
  if (!options.isGiven())
    throw UserError(
        "train needs --data: a folder of images, IDX or CIFAR files, an .npy, .npz or .csv, or builtin:glyphs");
  std::string note;
  WantedData wanted = wantedData(program, table);
  wanted.compare |= options.balance; // labels that the model does not read
  Parts parts = loadParts(options, wanted, note);
  data.train = std::move(parts.train), data.test = std::move(parts.test);
  tellNotes(note, options.quiet);
  data.train.balanced = options.balance;
  if (options.balance && !hasClasses(data.train))
    throw UserError("--balance: " + data.train.origin + " has no classes: labels, or folders of them");
  if (!options.quiet)
    tellClasses(data.train);
  if (std::string why = insufficient(program, data.train, ranks); !why.empty())
    throw UserError(why);
  if (!program.epoch_iterations)
    data.epochIterations = passIterations(program, table, data.train, ranks);
  return data;
}

Json fingerprint(const Dataset &data) {
  uLong sum = crc32(0, nullptr, 0);
  for (int64_t i : {int64_t(0), data.count - 1})
    if (data.store && i >= 0 && i < data.count) {
      std::vector<uint8_t> bytes = imageBytes(data, i);
      sum = crc32(sum, bytes.data(), uInt(bytes.size()));
    }
  Json print{{"count", data.count}, {"crc", sum}};
  for (const Dataset &other : data.others)
    print[other.name] = fingerprint(other);
  return print;
}

} // namespace ganrt
