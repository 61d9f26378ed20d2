// Batches of a data set, shuffled anew in every pass: which images they hold, and how these become what kernels read.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/program/Graph.h"

namespace ganrt {

/// The order in which images are used: a permutation for each pass over the data, from the seed alone.
class Order {
public:
  /// `members`: the images. `passes` true: an epoch is one pass, what does not fill a batch is left out; else
  /// permutations run on across epochs.
  Order(std::vector<uint32_t> members, int64_t batch, bool passes, uint64_t seed, std::string purpose)
      : members(std::move(members)), batch(batch), passes(passes), seed(seed), purpose(std::move(purpose)) {}
  /// Image `j` of batch `number`.
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

/// One batch of a data input. Images stay where they lie until threads make numbers of them.
struct InputBatch {
  std::vector<const uint8_t *> images; ///< each in the data set's memory or in `read`
  std::vector<uint8_t> read;           ///< those that came from the disk
  std::vector<bool> mirrored;          ///< of each image; empty for none
  std::vector<int32_t> labels;         ///< of a label input, in place of images
};

/// Of one iteration: for each data input of the graph, in the graph's order, one for each repetition.
using Batch = std::vector<std::vector<InputBatch>>;

/// Finds the images `indices` or their labels; a last batch that is short repeats its first image.
void findImages(const Dataset &data, const gan_input &input, const std::vector<int64_t> &indices, InputBatch &batch);

/// Writes a batch of images as kernels read it, some images to each task, which any thread may run.
class Normalisation {
public:
  /// `scale`: of the input's range.
  Normalisation(const Dataset &data, const gan_input &input, const Scale &scale, const InputBatch &batch, float *out);
  size_t tasks() const { return (batch.images.size() + perTask - 1) / perTask; }
  void run(size_t task) const;

private:
  const Dataset &data;
  const gan_input &input;
  const Scale &scale;
  const InputBatch &batch;
  float *out;
  size_t each, perTask; ///< numbers of an image; images of a task
};

/// Writes a batch of images or labels as kernels read it.
void normalise(const Dataset &data, const gan_input &input, const Scale &scale, const InputBatch &batch, float *out);

/// Fills all data inputs of a graph without repeated steps.
void loadImages(const Dataset &data, const std::vector<int64_t> &indices, Graph &graph);

/// Batches that an iteration reads, on average: one, and those of repeated steps.
double batchesOfIteration(const gan_program &program, const gan_graph &graph);

/// Which images each iteration reads: batches of the stream that it takes, one for all that is not repeated, one for
/// each repetition. All of it follows from the seed and the number of the iteration.
class BatchPlan {
public:
  BatchPlan(const gan_program &program, const gan_graph &graph, const Dataset &data, Streams streams, Moment moment,
            uint64_t seed, bool flip);
  /// Finds the batches of the next iteration; reads those that lie on the disk.
  void next(Batch &batch);
  const Dataset &images() const { return data; }

private:
  uint64_t batchesOf(const Moment &at) const;
  std::vector<int64_t> take(int stream);
  std::vector<bool> mirrors(int stream) const; ///< of the images taken last

  const gan_program &program;
  const gan_graph &graph;
  const Dataset &data;
  Streams streams;
  Moment moment;
  uint64_t seed;
  bool flip;
  std::vector<Order> orders;      ///< of each stream, or of all the data
  std::vector<uint64_t> consumed; ///< batches of each
};

} // namespace ganrt
