// Batches of a data set, which is shuffled anew in every pass: which images they hold, and how these become the numbers
// that kernels read.
#pragma once

#include "runtime/data/Augment.h"
#include "runtime/data/Dataset.h"
#include "runtime/program/Graph.h"

#include <map>

namespace ganrt {

/// The order in which images are used: for each pass over the data a permutation that depends on the seed alone.
class Order {
public:
  /// `members` are the numbers of the images. If `passes`, an epoch is one pass and the images that do not fill a batch
  /// are left out; otherwise the permutations follow one another regardless of epochs.
  Order(std::vector<uint32_t> members, int64_t batch, bool passes, uint64_t seed, std::string purpose)
      : members(std::move(members)), batch(batch), passes(passes), seed(seed), purpose(std::move(purpose)) {}
  /// The number of image `j` of batch `number`.
  int64_t at(uint64_t number, int64_t j);

private:
  const std::vector<uint32_t> &permutation(uint64_t pass);

  std::vector<uint32_t> members;
  int64_t batch;
  bool passes;
  uint64_t seed;
  std::string purpose;
  uint64_t current = ~uint64_t(0);
  std::vector<uint32_t> indices;
};

/// One batch of a data input. The images are only pointed to until threads convert them to numbers.
struct InputBatch {
  std::vector<const uint8_t *> images; ///< each in the data set's memory or in `read`
  std::vector<uint8_t> read;           ///< bytes of the images that came from the disk
  std::vector<Alteration> altered;     ///< what happens to each image; empty if nothing does
  std::vector<int32_t> labels;         ///< labels of a label input, instead of images
};

/// The batches of one iteration: for each input of the graph one batch for each repetition.
using Batch = std::vector<std::vector<InputBatch>>;

/// Whether there are labels by which training can be balanced.
bool hasClasses(const Dataset &data);

/// Finds the images `indices` or their labels. If there are too few for a batch, the first one is repeated.
void findImages(const Dataset &data, const gan_input &input, const std::vector<int64_t> &indices, InputBatch &batch);

/// Writes a batch of images as the numbers that kernels read. The work is split into tasks of a few images, which any
/// thread may run.
class Normalisation {
public:
  /// `scale` maps bytes to the input's range.
  Normalisation(const Dataset &data, const gan_input &input, const Scale &scale, const InputBatch &batch, float *out);
  size_t tasks() const { return (batch.images.size() + perTask - 1) / perTask; }
  void run(size_t task) const;

private:
  const Dataset &data;
  const gan_input &input;
  const Scale &scale;
  const InputBatch &batch;
  float *out;
  size_t each, perTask; ///< numbers in an image; images in a task
};

/// Writes a batch of images or labels as the numbers that kernels read.
void normalise(const Dataset &data, const gan_input &input, const Scale &scale, const InputBatch &batch, float *out);

/// Fills all data inputs of a graph without repeated steps.
void loadImages(const Dataset &data, const std::vector<int64_t> &indices, Graph &graph);

/// How many batches an iteration reads on average: one for all inputs outside repeated steps, and those of repeated
/// steps.
double batchesOfIteration(const gan_program &program, const gan_graph &graph);

/// The part of each batch that this process reads, of processes that share it: a program's batch is such a part.
struct Share {
  uint64_t rank = 0, ranks = 1;
};
inline Share shareOf(const Ranks &ranks) { return {uint64_t(ranks.rank()), uint64_t(ranks.size())}; }

/// Decides which images each iteration reads. It takes batches from the iteration's stream: one for all inputs outside
/// repeated steps, and one for each repetition of a step. Everything follows from the seed and the number of the
/// iteration.
class BatchPlan {
public:
  BatchPlan(const gan_program &program, const gan_graph &graph, const Dataset &data, Streams streams, Moment moment,
            uint64_t seed, const Augmentation &augmentation, Share share = {});
  /// Finds the batches of the next iteration, and reads the images that lie on the disk.
  void next(Batch &batch);
  const Dataset &images() const { return data; }

private:
  uint64_t batchesOf(const Moment &at) const;
  std::vector<int64_t> take(int stream);
  std::vector<int64_t> samplesOf(const gan_input &input, int stream, const std::vector<int64_t> &batch);
  std::vector<Alteration> alterations(int stream) const; ///< of the images taken last

  const gan_program &program;
  const gan_graph &graph;
  const Dataset &data;
  Streams streams;
  Moment moment;
  uint64_t seed;
  Augmentation augmentation;
  Share share;
  std::vector<Order> orders;             ///< one for each stream, or one for all the data
  std::vector<uint64_t> consumed;        ///< batches taken from each order so far
  std::map<std::string, Order> unpaired; ///< orders of declarations whose samples do not belong to the first's
};

} // namespace ganrt
