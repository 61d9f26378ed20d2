// Gives a training graph its data. While an iteration runs, idle threads convert the images of the next one to numbers.
// Images that lie on the disk are read some iterations ahead, on a separate thread.
#pragma once

#include "runtime/data/Batches.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace ganrt {

/// Finds batches on a thread of its own, some iterations ahead, so that training does not wait for a slow disk.
class Prefetch {
public:
  explicit Prefetch(BatchPlan plan);
  ~Prefetch();
  static constexpr size_t ahead = 6;
  /// The batches of the next iteration, valid until the second call after this one. Throws the error if reading the
  /// data failed.
  Batch &next();

private:
  void work();
  void prepareBatches();

  BatchPlan plan;
  std::array<Batch, ahead + 3> batches; ///< a ring of the two in use, those that are ready, and the one being made
  uint64_t taken = 0, made = 0;         ///< counts of batches; batch number n lies at n modulo the ring's size
  bool stopping = false;
  std::exception_ptr error;
  std::mutex mutex;
  std::condition_variable changed;
  std::thread thread;
};

/// Fills a training graph's data inputs: those outside repeated steps before the graph starts, the others before each
/// repetition.
class Feed {
public:
  Feed(Graph &graph, BatchPlan plan);
  ~Feed();
  /// Must be called before each run of the graph.
  void next();
  /// How many batches an input has in this iteration.
  uint32_t repetitions(uint32_t input) const { return uint32_t((*current)[input].size()); }
  /// One of these batches as the numbers that kernels read.
  std::vector<float> values(uint32_t input, uint32_t repetition) const;

private:
  Batch &find();
  void offer();
  void runOffered(size_t task) const;
  void load(int32_t step, uint32_t repetition);

  Graph &graph;
  const Dataset &data;
  std::vector<Scale> scales;      ///< one for each input
  std::optional<BatchPlan> plan;  ///< finds batches of data in memory
  std::optional<Prefetch> reader; ///< reads batches of data on the disk
  std::array<Batch, 2> found;     ///< batches of data in memory, used alternately
  Batch *current = nullptr, *upcoming = nullptr;
  HostMemory ahead;                 ///< the upcoming batch as the numbers that kernels read
  std::vector<Normalisation> parts; ///< the work that is offered to idle threads
};

} // namespace ganrt
