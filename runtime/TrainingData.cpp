#include "runtime/TrainingData.h"
#include "runtime/Batches.h"
#include "runtime/Error.h"
#include "runtime/Text.h"

#include <zlib.h>

namespace ganrt {
namespace {

/// Every stream has a batch.
void checkStreams(const gan_program &program, const Dataset &data) {
  if (!program.num_streams)
    return;
  uint64_t first = program.streams[0].count, all = uint64_t(data.count);
  for (uint64_t count : {first, all - std::min(first, all)})
    if (count < program.batch)
      throw UserError(data.origin + ": has " + std::to_string(all) + " images; stream " + program.streams[0].name +
                      " takes " + std::to_string(first) + ", and each stream needs a batch of " +
                      std::to_string(program.batch));
}

/// Iterations that use up a pass over the data.
uint64_t passIterations(const gan_program &program, const gan_graph &table, const Dataset &data) {
  uint64_t batches = uint64_t(data.count) / program.batch; // whole ones
  return std::max<uint64_t>(1, uint64_t(double(batches) / batchesOfIteration(program, table)));
}

} // namespace

TrainingData loadTrainingData(const gan_program &program, const DataOptions &options) {
  const gan_graph &table = *findGraph(program, GAN_GRAPH_TRAIN);
  TrainingData data;
  data.epochIterations = program.epoch_iterations ? program.epoch_iterations : 100;
  bool needed = false;
  for (uint32_t i = 0; i < table.num_inputs; ++i)
    needed |= table.inputs[i].kind <= GAN_INPUT_LABEL;
  if (!needed)
    return data;
  if (options.where.empty())
    throw UserError("train needs --data: a folder of images, IDX or CIFAR files, an .npy or .npz, or builtin:glyphs");
  std::string note;
  Parts parts = loadParts(options, wantedData(program, table), note);
  data.train = std::move(parts.train), data.test = std::move(parts.test);
  if (!note.empty() && !options.quiet)
    fprintf(stderr, "%s\n", printable(note).c_str());
  if (data.train.count < program.batch)
    throw UserError(data.train.origin + ": has " + std::to_string(data.train.count) +
                    " images, fewer than one batch of " + std::to_string(program.batch));
  checkStreams(program, data.train);
  if (!program.epoch_iterations)
    data.epochIterations = passIterations(program, table, data.train);
  return data;
}

Json fingerprint(const Dataset &data) {
  uLong sum = crc32(0, nullptr, 0);
  for (int64_t i : {int64_t(0), data.count - 1})
    if (i >= 0 && i < data.count) {
      std::vector<uint8_t> bytes = imageBytes(data, i);
      sum = crc32(sum, bytes.data(), uInt(bytes.size()));
    }
  return {{"count", data.count}, {"crc", sum}};
}

} // namespace ganrt
