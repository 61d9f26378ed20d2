// Means of floats over all ranks, while the program goes on computing. The floats are added in the order of ranks, in
// double precision, so that the result depends on nothing but the floats and how many ranks there are: not on the MPI,
// its algorithm, the network or who comes first. MPI's own sums promise less. Few floats are sent to every rank, which
// adds them up itself. Many are cut into slices, one for each rank: each rank is sent its slice of all ranks, adds it
// up, and sends the mean to all. This takes 2 (R - 1) / R of the bytes for R ranks, the least that is possible, and one
// rank computes each float, so that all have the same bits.
#pragma once

#include "runtime/device/ranks/Ranks.h"

#include <deque>

namespace ganrt {

/// Up to so many floats go to every rank: then it is the number of messages that takes the time, not their size.
inline constexpr size_t fewFloats = 2048;

class MeanOverRanks {
public:
  explicit MeanOverRanks(Ranks &ranks) : ranks(ranks) {}
  ~MeanOverRanks();
  MeanOverRanks(const MeanOverRanks &) = delete;
  MeanOverRanks &operator=(const MeanOverRanks &) = delete;

  /// Begins to replace the floats by their means over the ranks. Nobody may touch them before `finish` has returned for
  /// the number that this returns. All ranks begin the same ones in the same order.
  uint64_t start(float *floats, size_t count);
  /// Does what can be done at once; to be called now and then.
  void progress();
  void finish(uint64_t number);

private:
  enum class Phase { Gathering, Slicing, Summed, Spreading, Done };
  struct Job {
    float *floats;
    size_t count, slice; ///< slice: floats of a rank's part; 0: all of them go to every rank
    Phase phase;
    void *started; ///< what moves bytes for it
    std::vector<float> received;
  };
  void advance(Job &job, bool mayStart);
  void sum(Job &job) const;

  Ranks &ranks;
  std::deque<Job> jobs; ///< those that were started and not finished, in the order in which they were started
  uint64_t next = 1;    ///< number of the next one
  std::vector<std::vector<float>> spare; ///< memory of jobs that are done
};

/// out[i] = the mean of parts[r][i] over r, where the parts lie `apart` floats from one another.
void meanOf(const float *parts, size_t ranks, size_t apart, size_t count, float *out);

} // namespace ganrt
