// Batches of a data set, shuffled anew in every pass, made ahead of the training on a thread of their own.
#pragma once

#include "runtime/Dataset.h"
#include "runtime/Session.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

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

/// Memory of the batches of one iteration: for each data input of the graph, in the graph's order, one for each
/// repetition.
using Batch = std::vector<std::vector<Memory>>;

/// Fills one data input for the images `indices` (a last batch that is short repeats its first image).
/// `mirrored`: of each image; empty for none.
void fillInput(const Dataset &data, const gan_input &input, const std::vector<int64_t> &indices,
               const std::vector<bool> &mirrored, void *memory);

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
  /// Fills the batches of the next iteration.
  void next(Batch &batch);

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

/// Some iterations ahead, so that training does not wait where the thread was late once.
class Prefetch {
public:
  explicit Prefetch(BatchPlan plan);
  ~Prefetch();
  static constexpr size_t ahead = 3;
  /// The batches of the next iteration; valid until the next call. Throws what reading the data has thrown.
  Batch &next();

private:
  void work();
  void prepareBatches();

  BatchPlan plan;
  std::array<Batch, ahead + 2> batches; ///< a ring: the one in use, those that are ready, the one in the making
  uint64_t taken = 0, made = 0;         ///< how many; batch number n lies at n modulo the ring's size
  bool stopping = false;
  std::exception_ptr error;
  std::mutex mutex;
  std::condition_variable changed;
  std::thread thread;
};

/// Has a training graph read an iteration's batches where they are: what is not repeated from its start, the rest from
/// each repetition's.
class Feed {
public:
  Feed(Graph &graph, BatchPlan plan);
  /// Before each run of the graph.
  void next();
  const Batch &batch() const { return *current; }

private:
  void load(int32_t step, uint32_t repetition);

  Graph &graph;
  Prefetch batches;
  Batch *current = nullptr;
};

} // namespace ganrt
