// What moves bytes between the processes of a communicator: memory that they share, in which each has a place for its
// floats and says how far it is. A mean of them is made in the order of a ring, as NCCL's algorithm of that name makes
// it, which is another one for each part.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace ptx::mock {

/// What all ranks must do alike.
struct Operation {
  uint64_t count;
  int type, reduction;
  uint64_t capture; ///< number of the capture that it comes from; 0: of none
  bool operator==(const Operation &) const = default;
};

class Exchange {
public:
  /// `name`: of the shared memory. Waits until all have come.
  Exchange(const std::string &name, int ranks, int rank);
  ~Exchange();
  Exchange(const Exchange &) = delete;
  Exchange &operator=(const Exchange &) = delete;

  /// Goes on with operation `number`, counted from 1, on these floats. Returns whether it has ended. Throws
  /// std::runtime_error if the ranks do different ones.
  bool advance(uint64_t number, const Operation &operation, float *floats);

private:
  static constexpr int mostRanks = 8;
  static constexpr size_t most = size_t(1) << 24; ///< floats of a rank; only what is used takes memory
  struct Place {
    std::atomic<uint64_t> given, taken; ///< the number of the last operation whose floats are there, that has ended
    Operation operation;
    float floats[most];
  };
  struct Shared {
    std::atomic<int> here;
    Place places[mostRanks];
  };
  void give(uint64_t number, const Operation &operation, const float *floats);
  bool all(std::atomic<uint64_t> Place::*progress, uint64_t number) const;
  void expectSame(const Operation &operation) const;
  void mean(size_t count, float *floats) const;

  int ranks, rank;
  Shared *shared;
};

} // namespace ptx::mock
