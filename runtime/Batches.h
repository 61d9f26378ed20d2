// Batches of a data set, shuffled anew in every pass, made ahead of the training on a thread of their own.
#pragma once

#include "runtime/Dataset.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace ganrt {

/// The order in which images are used: a permutation for each pass over the data, from the seed alone.
class Order {
public:
  /// `passes` true: an epoch is one pass, what does not fill a batch is left out; else permutations run on across
  /// epochs.
  Order(int64_t count, int64_t batch, bool passes, uint64_t seed)
      : count(count), batch(batch), passes(passes), seed(seed) {}
  /// Index of image `j` of the batch of `iteration`.
  int64_t at(uint64_t iteration, int64_t j);

private:
  const std::vector<uint32_t> &permutation(uint64_t pass);

  int64_t count, batch;
  bool passes;
  uint64_t seed;
  uint64_t current = ~uint64_t(0);
  std::vector<uint32_t> indices;
};

/// Memory of one batch: one block of bytes for each data input of the graph, in the graph's order.
using Batch = std::vector<std::vector<uint8_t>>;

/// Fills the data inputs of `graph` for the images `indices` (a last batch that is short repeats its first image).
void fillBatch(const Dataset &data, const gan_graph &graph, const std::vector<int64_t> &indices, Batch &batch);

/// One batch ahead.
class Prefetch {
public:
  Prefetch(const Dataset &data, const gan_graph &graph, Order order, int64_t batchSize, uint64_t first);
  ~Prefetch();
  /// The batch of the next iteration; valid until the next call.
  const Batch &next();

private:
  void work();

  const Dataset &data;
  const gan_graph &graph;
  Order order;
  int64_t batchSize;
  uint64_t iteration;
  Batch ready, used;
  bool full = false, stopping = false;
  std::mutex mutex;
  std::condition_variable changed;
  std::thread thread;
};

} // namespace ganrt
