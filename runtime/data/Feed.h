// Gives a training graph its data: while an iteration runs, threads that have nothing to do make numbers of the images
// of the next. Images that lie on the disk are read some iterations ahead, on a thread of their own.
#pragma once

#include "runtime/data/Batches.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace ganrt {

/// Finds batches on a thread of its own, some iterations ahead, so that training does not wait where the disk was late.
class Prefetch {
public:
  explicit Prefetch(BatchPlan plan);
  ~Prefetch();
  static constexpr size_t ahead = 6;
  /// The batches of the next iteration; valid until the call after the next. Throws what reading the data has thrown.
  Batch &next();

private:
  void work();
  void prepareBatches();

  BatchPlan plan;
  std::array<Batch, ahead + 3> batches; ///< a ring: the two in use, those that are ready, the one in the making
  uint64_t taken = 0, made = 0;         ///< how many; batch number n lies at n modulo the ring's size
  bool stopping = false;
  std::exception_ptr error;
  std::mutex mutex;
  std::condition_variable changed;
  std::thread thread;
};

/// Fills a training graph's data inputs: what is not repeated before its start, the rest before each repetition.
class Feed {
public:
  Feed(Graph &graph, BatchPlan plan);
  ~Feed();
  /// Before each run of the graph.
  void next();
  /// Batches of an input in this iteration.
  uint32_t repetitions(uint32_t input) const { return uint32_t((*current)[input].size()); }
  /// One of them, as kernels read it.
  std::vector<float> values(uint32_t input, uint32_t repetition) const;

private:
  Batch &find();
  void offer();
  void runOffered(size_t task) const;
  void load(int32_t step, uint32_t repetition);

  Graph &graph;
  const Dataset &data;
  std::vector<Scale> scales;      ///< of each input
  std::optional<BatchPlan> plan;  ///< of data in memory
  std::optional<Prefetch> reader; ///< of data on the disk
  std::array<Batch, 2> found;     ///< of data in memory, in turns
  Batch *current = nullptr, *upcoming = nullptr;
  HostMemory ahead;                 ///< the upcoming batch as kernels read it
  std::vector<Normalisation> parts; ///< what is offered
};

} // namespace ganrt
